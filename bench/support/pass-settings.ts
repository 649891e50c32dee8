/** The configuration of a daemon beside a pass world: what kong-meshd.yaml would hold. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { PassWorld } from './pass-world';

/** So many services have a link, by plugin and by tag in turns. */
const maxLinked = 1_000;

export interface PassPlaces {
  readonly folder: string;
  readonly snapshot: string;
  readonly services: number;
}

/** Writes the Kong file to the folder, too. */
export async function passSettings(
  world: PassWorld,
  { folder, snapshot, services }: PassPlaces,
): Promise<object> {
  const kongFile = join(folder, 'kong.json');
  const linked = Array.from({ length: Math.min(services, maxLinked) }, (_, at) =>
    seededName(services, at),
  );
  await writeFile(kongFile, kongConfig(linked));
  return {
    // The stand-in makes a list of 50,000 anew for each page: on a busy machine that takes seconds.
    sources: [{ kuma: { url: world.kumaUrl, timeout: '60s' } }],
    kong: { config: kongFile, settle: '100ms', target: { dbless: { url: world.kongUrl } } },
    gateway: {
      dataplane: 'kong-01',
      service: 'kong',
      outbounds: { address: '127.70.0.1', ports: '20000-29999', grace: '1ms', waitFor: '60s' },
    },
    plugin: { snapshot },
    guard: { atLeast: 100_000 },
  };
}

/** The world's own naming: as many digits as the last one needs. */
export function seededName(services: number, index: number): string {
  return `svc-${String(index).padStart(String(services - 1).length, '0')}`;
}

function kongConfig(names: readonly string[]): string {
  const services = names.map((name, index) => {
    const byTag = index % 2 === 1;
    const plugins = [{ name: 'mesh-upstream', config: { service: name } }];
    const routes = [{ name, paths: [`/${name}`], ...(byTag ? {} : { plugins }) }];
    return { name, host: `${name}.internal`, routes, ...(byTag ? { tags: [`mesh:${name}`] } : {}) };
  });
  return JSON.stringify({ _format_version: '3.0', services });
}
