/**
 * What becomes of one address when the mesh goes from legacy tags to MeshServices and on to 3.0.
 * Source: Kuma's UPGRADE notes for 2.9 to 3.0, and addresses seen on 2.14.3 in the modes Everywhere and
 * Exclusive.
 */
import { formatAddress, type Address } from '../../catalog/address';
import type { Outbound } from '../../catalog/gateway';
import type { MeshService } from '../../catalog/service';
import type { FactsView, Linked, MeshPort } from './view';

export interface Migration {
  readonly linked: Linked;
  readonly now: string;
  readonly exclusive: string;
  readonly future: string;
  /** From where on it leads nowhere. */
  readonly breaksAt?: 'Exclusive' | '3.0';
  readonly reason?: string;
  readonly fix?: string;
  /** The address becomes another one. */
  readonly moves: boolean;
}

type Successors = (linked: Linked) => MeshPort | undefined;
type Outbounds = ReadonlyMap<string, Outbound>;

/** Of every link, in the order of the links. */
export function migrationsOf(view: FactsView): readonly Migration[] {
  const successors = findSuccessors(view);
  // By address, of which there are as many as links; of two at one the first counts.
  const outbounds = new Map(
    [...(view.gateways[0]?.outbounds ?? [])]
      .reverse()
      .map((outbound) => [
        formatAddress({ host: outbound.address, port: outbound.port }),
        outbound,
      ]),
  );
  return view.linked.map((linked) => migrate(linked, view, successors, outbounds));
}

function migrate(
  linked: Linked,
  view: FactsView,
  successors: Successors,
  outbounds: Outbounds,
): Migration {
  const now = formatAddress(linked.address);
  const { service } = linked;
  if (service.kind === 'ExternalService') {
    return {
      linked,
      now,
      exclusive: 'nothing',
      future: 'nothing',
      breaksAt: 'Exclusive',
      reason: 'an ExternalService has no MeshExternalService yet',
      fix: 'Write a MeshExternalService of the same name for each, and enable mTLS and a zone egress for them.',
      moves: true,
    };
  }
  if (service.kind === 'LegacyService') return migrateTag(linked, now, view, successors(linked));
  const stays = { linked, now, exclusive: now, future: now, moves: false } as const;
  const outbound = outbounds.get(now);
  if (linked.address.form !== 'outbound' || outbound?.target.type !== 'tags') return stays;
  return { ...stays, future: `${now}, by a backendRef` };
}

/** A reference by name finds the MeshService of that name once there is one. */
function migrateTag(
  linked: Linked,
  now: string,
  view: FactsView,
  successor: MeshPort | undefined,
): Migration {
  if (!successor) {
    return {
      linked,
      now,
      exclusive: 'nothing',
      future: 'nothing',
      breaksAt: 'Exclusive',
      reason: 'the kuma.io/service tag has no MeshService yet',
      fix: 'Set meshServices.mode: Everywhere and see that each has a MeshService; on Universal its tag must be a DNS label, and all its Dataplanes need the same port.',
      moves: true,
    };
  }
  const { catalog } = view.facts;
  const address = catalog?.choose(successor.service, successor.port, linked.link.choice);
  const then = address ? formatAddress(address) : 'an outbound that the daemon adds';
  return { linked, now, exclusive: then, future: futureOf(then, address), moves: then !== now };
}

function futureOf(then: string, address: Address | undefined): string {
  return address?.form === 'outbound' ? `${then}, by a backendRef` : then;
}

/** The MeshService of a tag: the one that stands for it, else the one of its name. */
function findSuccessors({ facts }: FactsView): Successors {
  const byTag = new Map<string, MeshService>();
  const byName = new Map<string, MeshService>();
  for (const service of facts.catalog?.services ?? []) {
    if (service.kind !== 'MeshService') continue;
    byName.set(`${service.name}/${service.namespace ?? ''}`, service);
    for (const { tag } of service.ports) if (tag !== undefined) byTag.set(tag, service);
  }
  return ({ service, port }) => {
    const found =
      byTag.get(port.tag ?? '') ?? byName.get(`${service.name}/${service.namespace ?? ''}`);
    const match = found?.ports.find((one) => one.port === port.port) ?? found?.ports[0];
    return found && match ? { service: found, port: match } : undefined;
  };
}
