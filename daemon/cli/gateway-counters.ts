/** The counters of the gateways' sidecars, by the inspect API of the control plane. */
import { readCounters, sumCounters, type ClusterCounters } from '../check/stats';
import type { Config } from '../config/schema';
import type { Facts } from '../doctor/facts';
import { createConnection } from '../sources/kuma/connection';

export interface CountersRead {
  readonly counters: ClusterCounters;
  /** Gateways that did not answer: what they carried is not known. */
  readonly silent: number;
}

/** Undefined where there is nobody to ask, or nobody answers. */
export type ReadGatewayCounters = (signal: AbortSignal) => Promise<CountersRead | undefined>;

/** Of all gateways together: behind one address any of them may take the request. */
export function gatewayCounters({ sources, mesh }: Config, facts: Facts): ReadGatewayCounters {
  const kuma = sources.find((source) => source.kuma)?.kuma;
  const names = checkedGateways(facts).map(({ name }) => name);
  if (!kuma || names.length === 0) return () => Promise.resolve(undefined);
  const connection = createConnection(kuma);

  async function read(name: string, signal: AbortSignal): Promise<ClusterCounters | undefined> {
    const path = `/meshes/${encodeURIComponent(mesh)}/dataplanes/${encodeURIComponent(name)}/stats`;
    try {
      const { status, body } = await connection.get(path, signal);
      return status === 200 ? readCounters(body().toString('utf8')) : undefined;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  return async (signal) => {
    try {
      await connection.refresh(signal);
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
    const all = await Promise.all(names.map((name) => read(name, signal)));
    const answers = all.filter((one) => one !== undefined);
    if (answers.length === 0) return undefined;
    return { counters: sumCounters(answers), silent: all.length - answers.length };
  };
}

export interface CheckedGateway {
  readonly name: string;
  readonly service?: string;
  readonly zone?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where the configuration names none, every delegated gateway of the mesh may be the one. */
export function checkedGateways({ gateways = [], proxies = [] }: Facts): readonly CheckedGateway[] {
  if (gateways.length > 0) return gateways;
  return proxies.flatMap(({ name, labels, gateway }): readonly CheckedGateway[] => {
    if (gateway?.delegated !== true) return [];
    const { 'kuma.io/service': service, 'kuma.io/zone': zone } = gateway.tags;
    return [
      {
        ...{ name, labels },
        ...(service === undefined ? {} : { service }),
        ...(zone === undefined ? {} : { zone }),
      },
    ];
  });
}
