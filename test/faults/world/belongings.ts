/** What is the user's: taken down before a fault, compared after it. */
import { readFile } from 'node:fs/promises';

import { parse } from 'yaml';

import { eventually } from '../../../sandbox/eventually';
import type { FaultWorld } from './fault-world';

/** By what it is, in a form that is equal as long as nothing of it is lost. */
export type Belongings = ReadonlyMap<string, string>;

const inKong = [
  '/services/crm',
  '/routes/crm',
  '/upstreams/crm-pool',
  '/upstreams/crm-pool/targets',
  '/consumers/alice',
  '/consumers/alice/key-auth',
] as const;

export async function belongingsOf(world: FaultWorld): Promise<Belongings> {
  const found = new Map<string, string>();
  found.set('kong.yml', await text(world.places.kongFile));
  for (const [path] of world.keepsakes) found.set(path, await text(path));
  for (const path of inKong) found.set(`kong ${path}`, await entity(world, path));
  // Of another team, without our tags: not even its time of change may move.
  if (world.form === 'admin')
    found.set('kong legacy', await entity(world, '/services/legacy', true));
  if (world.form === 'file') {
    const output = await text(world.places.output);
    found.set('comment in the output', String(output.includes('# Edge of the team')));
    const services = (parse(output) as { services?: { name: string }[] } | null)?.services ?? [];
    found.set('crm in the output', JSON.stringify(services.find(({ name }) => name === 'crm')));
  }
  const dataplane = await eventually('the Dataplane is there', () => shownDataplane(world));
  const { labels, networking } = dataplane;
  found.set('label of the Dataplane', labels?.['team'] ?? 'gone');
  found.set('tags of the Dataplane', JSON.stringify(networking?.gateway?.tags));
  const own = networking?.outbound?.find(({ port }) => port === 20_000);
  found.set('outbound of the Dataplane', JSON.stringify(own));
  return found;
}

interface ShownDataplane {
  readonly labels?: Readonly<Record<string, string>>;
  readonly networking?: {
    readonly gateway?: { readonly tags?: object };
    readonly outbound?: readonly { readonly port: number }[];
  };
}

/** Undefined for the moment in which its proxy starts anew. */
function shownDataplane({ sandbox }: FaultWorld): ShownDataplane | undefined {
  return sandbox.controlPlane.get('Dataplane', 'kong-01');
}

/** What of the first is not in the second as it was. */
export function lostOf(before: Belongings, after: Belongings): readonly string[] {
  return [...before].flatMap(([what, was]) => (after.get(what) === was ? [] : [what]));
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => String(error));
}

async function entity(world: FaultWorld, path: string, withTimes = false): Promise<string> {
  const response = await fetch(`${world.sandbox.admin.url}${path}`);
  const passing = new Set(withTimes ? [] : ['created_at', 'updated_at']);
  // A file without ids gets new ones with every load.
  if (world.form === 'file') passing.add('id');
  const body = JSON.stringify(await response.json(), (key, value: unknown) =>
    passing.has(key) ? undefined : value,
  );
  return `${response.status} ${body}`;
}
