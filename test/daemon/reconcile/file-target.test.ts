import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { KongState } from '../../../daemon/kong/model';
import { parseKongConfig } from '../../../daemon/kong/parse';
import { validateState } from '../../../daemon/kong/validate';
import { diff } from '../../../daemon/plan/diff';
import { runPass } from '../../../daemon/reconcile/pass';
import { createFileTarget } from '../../../daemon/targets/kong-file/file-target';
import { meshService } from '../../catalog/build';
import { codes, kongText, never, openScene } from './support/scene';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'file-target-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

function open() {
  const path = join(folder, 'out.yml');
  const scene = openScene();
  const context = { ...scene.context, kong: createFileTarget({ path, env: {} }) };
  const request = { dryRun: false, confirmDeletes: false };
  return {
    scene,
    pass: () => runPass(context, scene.memory, request, never),
    output: () => readFile(path, 'utf8'),
  };
}

const consumers = 'consumers: [{ username: alice }] # who may ask\n';
const moved = [meshService('orders'), meshService('payments', { vips: ['241.0.0.9'] })];

it.each([
  ['an unknown key', (text: string) => text.replace('consumers:', 'consumer:')],
  ['half a file', (text: string) => text.slice(0, text.indexOf('  - name: crm'))],
])('writes the text of the files that it believes, not of %s', async (_, spoil) => {
  const { scene, pass, output } = open();
  scene.kongText = kongText + consumers;
  await pass();
  const before = await output();
  scene.kongText = spoil(scene.kongText);
  scene.settlesInMs = 5_000;
  scene.mesh = { ...scene.mesh, services: moved };

  const during = await pass();
  const meanwhile = await output();
  scene.kongText = kongText + consumers;
  scene.settlesInMs = 0;
  const mended = await pass();

  expect(codes(during)).not.toEqual([]);
  expect(meanwhile).toContain('241.0.0.9');
  expect(meanwhile).toContain(consumers);
  expect(meanwhile.split('\n')).toHaveLength(before.split('\n').length);
  expect(codes(mended)).toEqual([]);
  expect(await output()).toBe(meanwhile);
});

it('brings a comment to the output although no entity is another one', async () => {
  const { scene, pass, output } = open();
  await pass();
  scene.kongText = `# ask the edge team\n${kongText}`;

  const report = await pass();
  const again = await pass();

  expect(await output()).toMatch(/^# ask the edge team\n/);
  expect([report.kong?.writes, again.kong?.writes]).toEqual([1, 0]);
});

describe('with a mistake in one entity', () => {
  const guarded = kongText.replace(
    'paths: [/crm] }',
    'paths: [/crm], plugins: [{ name: key-auth }] }',
  );
  const newRoute = (plugin: string) =>
    guarded.replace(
      '    routes: [{ name: crm',
      `    routes: [{ name: new, paths: [/new], plugins: [${plugin}] }, { name: crm`,
    );

  it.each([
    ['a plugin without a name', guarded.replace('{ name: key-auth }', '{ nme: key-auth }')],
    ['a plugin with another value', guarded.replace('key-auth }', 'key-auth, config: 5 }')],
    [
      'a plugin that moves to the service',
      kongText.replace(
        'host: crm.internal',
        'host: crm.internal\n    plugins: [{ name: key-auth, config: 5 }]',
      ),
    ],
    ['a path that Kong refuses', guarded.replace('[/crm]', '[crm]')],
    ['a new route without its plugin', newRoute('{ name: key-auth, config: 5 }')],
    ['a new route whose plugin cannot be read', newRoute('{ nme: key-auth }')],
    [
      'something that is no entity',
      `${guarded}  - { nome: crm }\n  - { name: orders, host: twice }\n`,
    ],
  ])('writes the others, and the last valid form of that one: %s', async (_, spoiled) => {
    const { scene, pass, output } = open();
    scene.kongText = guarded;
    await pass();
    const before = stateIn(await output());
    scene.kongText = spoiled.replace('[/payments]', '[/bills]');

    const report = await pass();

    const text = await output();
    const { state, failures } = stateIn(text);
    // What Kong would refuse the document for is not in it.
    expect(failures).toEqual([]);
    expect(shapeOf(state)).toEqual(
      shapeOf(before.state).map((line) => line.replace('/payments"', '/bills"')),
    );
    expect(text).toContain('[/bills]');
    expect(report.failures.some(({ severity }) => severity === 'error')).toBe(true);
  });

  it('leaves it where the file is written in place', async () => {
    const path = join(folder, 'kong.yml');
    const file = { path, text: `${guarded}  - { nome: crm }\n` };
    const target = createFileTarget({ path, env: {} });
    const desired = { ...stateIn(file.text).state, files: [file] };

    await target.apply(diff(await target.read(never), desired), desired, never);

    expect(await readFile(path, 'utf8')).toBe(file.text);
  });
});

function stateIn(text: string) {
  const parsed = parseKongConfig([{ path: 'out.yml', text }], { env: {} });
  return { state: parsed.state, failures: [...parsed.failures, ...validateState(parsed)] };
}

/** Without where things stand in the file. */
function shapeOf({ entities }: KongState): readonly string[] {
  return entities.map(({ type, key, fields }) => JSON.stringify([type, key, fields]));
}
