/** How the gateway names its destinations: by tag they vanish in 3.0, by name they may bind another zone's. */
import { describeTarget, type Outbound } from '../../../catalog/gateway';
import { migrationsOf } from '../migration';
import type { FactsView } from '../view';
import { blocker, type Blocker } from './blocker';

export function outboundBlockers(view: FactsView): readonly Blocker[] {
  const { facts, gateways } = view;
  const { mesh, settings } = facts;
  const all = gateways.flatMap(({ outbounds }) => outbounds);
  const byName = all.filter(({ target }) => target.type === 'backendRef' && target.name);
  const byTag = all.filter(({ target }) => target.type === 'tags');
  const breaking = migrationsOf(view).filter(({ breaksAt }) => breaksAt !== undefined);
  const rewrites = settings.owner === 'api' && settings.environment === 'universal';
  const isOurs = (outbound: Outbound): boolean => rewrites && inRoom(outbound, settings.room);
  return [
    ...blocker(
      'outbounds',
      'services-mode',
      mesh && mesh.mode !== 'Exclusive' ? [`${settings.mesh}: ${mesh.mode}`] : [],
      {
        what: 'meshes whose meshServices.mode is not Exclusive, which 3.0 always is',
        fix: 'Set meshServices.mode: Everywhere, then Exclusive once kong-meshd doctor shows no KM701; the links move by themselves.',
      },
    ),
    ...blocker(
      'outbounds',
      'link-without-successor',
      breaking.map(({ linked }) => linked.label),
      {
        kind: 'ends',
        what: 'links to services that have no MeshService',
        fix: breaking[0]?.fix ?? 'Make a MeshService for each.',
      },
    ),
    ...blocker('outbounds', 'outbound-by-name', byName.filter(isOurs).map(describe), {
      owner: 'kong-meshd',
      what: 'own outbounds by name',
      fix: 'kong-meshd migrate --to 3 writes the labels kuma.io/display-name and kuma.io/zone in place, on the same port.',
    }),
    ...blocker('outbounds', 'user-outbound-by-name', byName.filter(not(isOurs)).map(describe), {
      kind: 'ends',
      what: 'outbounds by name: in 3.0 the name binds the oldest match of any zone',
      fix: 'Replace backendRef.name by labels: { kuma.io/display-name: <name>, kuma.io/zone: <zone> }.',
    }),
    ...blocker('outbounds', 'outbound-by-tag', byTag.filter(isOurs).map(describe), {
      what: 'own outbounds by kuma.io/service',
      fix: 'They go by themselves once the mesh is Exclusive and Kong leads to the MeshServices.',
    }),
    ...blocker('outbounds', 'user-outbound-by-tag', byTag.filter(not(isOurs)).map(describe), {
      kind: 'ends',
      what: 'outbounds by kuma.io/service: in 3.0 they lose their listener without a word',
      fix: 'Replace tags by a backendRef of kind MeshService with labels.',
    }),
  ];
}

function inRoom(
  { address, port }: Outbound,
  room: FactsView['facts']['settings']['room'],
): boolean {
  return (
    room !== undefined &&
    address === room.address &&
    port >= room.ports.first &&
    port <= room.ports.last
  );
}

function not(test: (outbound: Outbound) => boolean): (outbound: Outbound) => boolean {
  return (outbound) => !test(outbound);
}

function describe({ address, port, target }: Outbound): string {
  return `${address}:${port} to ${describeTarget(target)}`;
}
