/**
 * Golden folders: what a user writes and what comes out of it, from file to desired state.
 *
 * To add a case: make a folder `test/golden/translate/<case>/` with
 *   - `kong.in.yaml`   the user's configuration, in decK's format,
 *   - `catalog.json`   the mesh (see catalog-file.ts: what is left out is filled in),
 *   - `rules.yaml`     what kong-meshd.yaml says; may be left out. `previous:` holds the addresses
 *                      that links had, by name of the Kong service,
 * run `UPDATE_GOLDEN=1 npx jest test/daemon/translate/golden`, and read `kong.golden.yaml` and
 * `findings.golden.json` before you commit them: they are what users will get.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { serviceKey } from '../../../catalog/service';
import { parseKongConfig } from '../../../daemon/kong/parse';
import { TranslateRules } from '../../../daemon/translate/rules';
import { translate } from '../../../daemon/translate/translate';
import type { HostPort } from '../../../daemon/translate/translation';
import { catalogFrom } from './catalog-file';
import { printState } from './print-state';

const root = join(__dirname, '../../golden/translate');
const updating = process.env['UPDATE_GOLDEN'] === '1';
const env = { DECK_ORDERS_HOST: 'orders-secret.internal', DECK_ORDERS_LINK: 'very-secret' };

describe('translate, golden', () => {
  it.each(readdirSync(root))('%s', (name) => {
    const folder = join(root, name);

    const { desired, findings } = run(folder);

    compare(join(folder, 'kong.golden.yaml'), desired);
    compare(join(folder, 'findings.golden.json'), findings);
  });

  it.each(readdirSync(root))('%s: translating the outcome again changes nothing', (name) => {
    const input = inputOf(join(root, name));
    const once = translate(input);

    const twice = translate({ ...input, user: once.desired });

    expect(twice.desired).toEqual(once.desired);
  });

  it('shows no value that came from the environment', () => {
    const files = readdirSync(root).flatMap((name) =>
      ['kong.golden.yaml', 'findings.golden.json'].map((file) => join(root, name, file)),
    );

    const findings = files
      .filter((file) => file.endsWith('.json'))
      .map((file) => readFileSync(file, 'utf8'));

    for (const value of Object.values(env)) expect(findings.join('')).not.toContain(value);
  });
});

function inputOf(folder: string) {
  const text = readFileSync(join(folder, 'kong.in.yaml'), 'utf8');
  const parsed = parseKongConfig([{ path: 'kong.yaml', text }], { env });
  expect(parsed.failures).toEqual([]);
  const rulesFile = join(folder, 'rules.yaml');
  const { previous, ...rules } = existsSync(rulesFile)
    ? (parse(readFileSync(rulesFile, 'utf8')) as Record<string, unknown>)
    : {};
  const ids = new Map(parsed.state.entities.map(({ key, type, id }) => [`${type} ${key}`, id]));
  return {
    catalog: catalogFrom(JSON.parse(readFileSync(join(folder, 'catalog.json'), 'utf8'))),
    user: parsed.state,
    rules: TranslateRules.parse(rules),
    previous: new Map(
      Object.entries((previous ?? {}) as Record<string, HostPort>).map(([name, address]) => [
        ids.get(`services ${name}`)!,
        address,
      ]),
    ),
  };
}

function run(folder: string): { desired: string; findings: string } {
  const { desired, failures, links, needs } = translate(inputOf(folder));
  const keys = new Map(desired.entities.map(({ type, id, key }) => [`${type}/${id}`, key]));
  const shown = {
    failures,
    links: links.map(({ entity, serviceId, routeId, ...link }) => ({
      entity: `${entity.owner}'s ${entity.type}/${entity.key}`,
      ...(serviceId === undefined ? {} : { service: keys.get(`services/${serviceId}`) }),
      ...(routeId === undefined ? {} : { route: keys.get(`routes/${routeId}`) }),
      ...link,
    })),
    needs: needs.map(({ service, port }) => `${serviceKey(service)}:${port.port}`),
  };
  return { desired: printState(desired), findings: `${JSON.stringify(shown, null, 2)}\n` };
}

function compare(file: string, actual: string): void {
  if (updating) writeFileSync(file, actual);
  expect(actual).toBe(existsSync(file) ? readFileSync(file, 'utf8') : 'no golden file yet');
}
