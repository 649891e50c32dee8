/** What kinds of worlds there are, and what the daemon's configuration says in each. */
import { join } from 'node:path';

export const targets = ['dbless', 'admin', 'file'] as const;
export const policies = ['sync', 'upsert-only', 'create-only'] as const;

export interface WorldSettings {
  readonly target: (typeof targets)[number];
  readonly policy: (typeof policies)[number];
  readonly gateways: 1 | 2;
  /** Whether the file says by a tag what of a Kong with a database is its own. */
  readonly tagged: boolean;
}

export interface Places {
  readonly kongFile: string;
  /** What the file target writes. */
  readonly output: string;
  readonly snapshot: string;
  readonly stateFile: string;
}

export function placesIn(folder: string): Places {
  return {
    kongFile: join(folder, 'kong.yml'),
    output: join(folder, 'kong.out.yml'),
    snapshot: join(folder, 'catalog.json'),
    stateFile: join(folder, 'state.json'),
  };
}

export interface Endpoints {
  readonly kumaUrl: string;
  readonly kongUrl: string;
  readonly outboundAddress: string;
}

/** In the time of the walk: long enough for a busy machine. */
const timeout = '20s';

/** All that is left out has its default: grace times, probes, the deletion guard. */
export function daemonSettings(
  { target, policy, gateways }: WorldSettings,
  places: Places,
  { kumaUrl, kongUrl, outboundAddress }: Endpoints,
): object {
  const connection = { url: kongUrl, timeout };
  return {
    sources: [{ kuma: { url: kumaUrl, timeout } }],
    kong: {
      config: places.kongFile,
      target: { [target]: target === 'file' ? { path: places.output } : connection },
      policy,
    },
    gateway: {
      dataplane: ['kong-01', 'kong-02'].slice(0, gateways),
      service: 'kong',
      outbounds: { address: outboundAddress, ports: '30000-30011' },
    },
    plugin: { snapshot: places.snapshot },
    stateFile: places.stateFile,
    status: false,
    doctor: false,
  };
}
