/** The gateway's Dataplane as its owner sees it: labels, tags and outbounds that are none of the daemon's business. */
import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';

interface Outbound {
  readonly address: string;
  readonly port: number;
  readonly tags?: Readonly<Record<string, string>>;
}

interface Shown {
  readonly labels: Readonly<Record<string, string>>;
  readonly networking: { readonly outbound?: readonly Outbound[] };
}

export interface OwnDataplane {
  /** Applies the owner's file again: it knows nothing of the daemon's outbounds. */
  reapply(): void;
  /** Adds a label or an outbound, by `id`, to what is there. Says what it was. */
  writeOwn(id: number): string;
  /** What of the owner's is gone. */
  lost(): readonly string[];
}

const mostOutbounds = 20;

export function ownDataplane(
  controlPlane: ControlPlane,
  name: string,
  address: string,
): OwnDataplane {
  const labels: Record<string, string> = { team: 'edge' };
  const outbounds: Outbound[] = [
    { address, port: 20_000, tags: { 'kuma.io/service': 'payments' } },
  ];

  function shown(): Shown | undefined {
    return controlPlane.get('Dataplane', name) as unknown as Shown | undefined;
  }

  function put(others: readonly Outbound[]): void {
    const tags = { 'kuma.io/service': 'kong', version: 'v7' };
    controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name,
      labels: { ...labels },
      networking: {
        address: '127.0.0.1',
        gateway: { type: 'DELEGATED', tags },
        outbound: [...outbounds, ...others],
      },
    });
  }

  put([]);
  return {
    reapply: () => put([]),
    writeOwn(id) {
      const isOwn = ({ port }: Outbound): boolean => outbounds.some((own) => own.port === port);
      const others = (shown()?.networking.outbound ?? []).filter((outbound) => !isOwn(outbound));
      const what = id % 2 === 0 || outbounds.length > mostOutbounds ? 'label' : 'outbound';
      if (what === 'label') labels[`note-${id % 10}`] = `n${id}`;
      else outbounds.push({ address, port: 20_001 + id, tags: { 'kuma.io/service': 'payments' } });
      put(others);
      return `${what} ${id}`;
    },
    lost() {
      const now = shown();
      const present = new Set(now?.networking.outbound?.map(({ port }) => port));
      return [
        ...Object.entries(labels).flatMap(([key, value]) =>
          now?.labels[key] === value ? [] : [`label ${key} of ${name}`],
        ),
        ...outbounds.flatMap(({ port }) =>
          present.has(port) ? [] : [`outbound ${port} of ${name}`],
        ),
      ];
    },
  };
}
