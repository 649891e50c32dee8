/** What is shipped for kustomize is what the commands print, and an API server takes it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, parseAllDocuments } from 'yaml';

import { addManifests } from '../../../daemon/cli/commands/manifests';
import { runCli } from '../../../daemon/cli/program';
import { readConfig } from '../../../plugin/mesh-upstream/config';
import { problemsOf } from '../../support/kubernetes-schemas';

const folder = join(__dirname, '../../../deploy/kubernetes');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const documentsIn = (text: string): any[] => parseAllDocuments(text).map((one) => one.toJS());

async function printed(...args: string[]): Promise<any[]> {
  let out = '';
  const terminal = {
    env: {},
    out: (text: string) => (out += text),
    err: () => undefined,
    signal: new AbortController().signal,
    colour: false,
  };
  expect(await runCli([addManifests], ['manifests', ...args], terminal)).toBe(0);
  return documentsIn(out);
}

it('ships what manifests prints', async () => {
  const objects = await printed('install', '--plugin-server', '--ingress-controller');

  expect(documentsIn(read('objects.yaml'))).toEqual(objects.slice(0, -1));
  expect(documentsIn(read('deployment.yaml'))).toEqual(objects.slice(-1));
  expect(documentsIn(read('gateway.yaml'))).toEqual(await printed('gateway'));
});

it('names every file in the kustomization, and no other', () => {
  const { resources, patches } = parse(read('kustomization.yaml'));

  const named = [...resources, ...patches.map(({ path }: any) => path)];
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  expect([...named, 'kustomization.yaml'].sort()).toEqual(files.sort());
});

describe('examples', () => {
  const files = readdirSync(join(folder, 'examples'));
  const all = files.flatMap((name) => documentsIn(read(`examples/${name}`)));
  const plugins = all.filter(({ plugin }) => plugin !== undefined);

  it('are objects that an API server takes', () => {
    for (const object of all) expect(problemsOf(object)).toEqual([]);
  });

  it('configure the plugin as it wants to be', () => {
    for (const { config } of plugins) expect(readConfig(config)).toMatchObject({ ok: true });
    expect(plugins.map(({ kind }) => kind)).toEqual(['KongPlugin', 'KongClusterPlugin']);
  });

  it('name plugins that are there', () => {
    const names = new Set(plugins.map(({ metadata }) => metadata.name));
    const users = all.flatMap(({ metadata, spec }) => [
      ...(metadata.annotations?.['konghq.com/plugins']
        ? [metadata.annotations['konghq.com/plugins']]
        : []),
      ...(spec?.rules ?? []).flatMap(({ filters = [] }: any) =>
        filters.map(({ extensionRef }: any) => extensionRef.name),
      ),
    ]);
    expect(users.sort()).toEqual(['to-orders', 'to-orders', 'to-payments']);
    for (const name of users) expect(names).toContain(name);
  });
});
