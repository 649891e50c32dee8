/** What a control plane computes of one Dataplane when it is asked: nothing here says what a proxy has. */
import { listenerNameAt, listenersOf } from './destinations';
import { issuedIdentityOf } from './identity';
import { kindByType } from './kinds';
import { kriOf } from './labels';
import type { LiveListener } from './proxies';
import { resolveBackendRef } from './references';
import type { ResolvedRef } from './references';
import { includesAll, networkingOf } from './resource';
import type { Json, StoredResource } from './resource';
import type { World } from './views';

/** `_layout`: the references among its outbounds that lead somewhere, each once, and from 3.x on who it is. */
export function layoutOf(dataplane: StoredResource, world: World): Json {
  const kri = kriOf(kindByType('Dataplane'), dataplane) ?? '';
  const { inbound = [], outbound } = networkingOf(dataplane);
  const head = { kri, labels: dataplane.labels, listeners: [] };
  const mesh = dataplane.mesh ?? '';
  const declared = (outbound ?? []).flatMap(({ backendRef }) => {
    const found = backendRef && resolveBackendRef(backendRef, mesh, world);
    return found ? [found] : [];
  });
  if (world.flavour.tags) {
    const outbounds = entries(declared, ({ port }) => port);
    return { ...head, inbounds: [], outbounds: [...outbounds.values()] };
  }
  const all = outbound === undefined && inbound.length > 0 ? everything(mesh, world) : declared;
  const outbounds = entries(all, ({ portName, port }) => portName ?? port);
  const issued = issuedIdentityOf(dataplane, world);
  return {
    ...head,
    inbounds: inbound.map(({ name, port, protocol = 'tcp' }) => ({
      kri: `${kri}${name ?? port}`,
      port,
      protocol,
      proxyResourceName: `self_inbound_dp_${name ?? port}`,
    })),
    outbounds: [...outbounds.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
    ...(issued?.backend !== undefined && { spiffeId: issued.spiffeId }),
  };
}

/** `_config`, as far as its listeners: computed from what is stored, whether the proxy has it or not. */
export function configOf(dataplane: StoredResource, world: World): Json {
  const listeners = [...listenersOf(dataplane, world)].map(([place, destination]) => {
    const name = listenerNameAt(place, destination, world);
    const colon = place.lastIndexOf(':');
    const socketAddress = {
      address: place.slice(0, colon),
      portValue: Number(place.slice(colon + 1)),
    };
    return [name, { name, address: { socketAddress } }] as const;
  });
  return {
    xds: {
      'type.googleapis.com/envoy.config.listener.v3.Listener': Object.fromEntries(
        listeners,
      ) as Json,
    },
  };
}

/** `xds`: Envoy's own dump, as far as its listeners. */
export function configDumpOf(live: readonly LiveListener[]): Json {
  const dynamic = live.map(({ name, place }) => {
    const colon = place.lastIndexOf(':');
    const address = { address: place.slice(0, colon), port_value: Number(place.slice(colon + 1)) };
    return { name, active_state: { listener: { address: { socket_address: address } } } };
  });
  return {
    configs: [
      {
        '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump',
        dynamic_listeners: dynamic,
      },
    ],
  };
}

/** `_rules`: the rules of inbounds, of which a plain gateway has none. */
export function rulesOf({ labels, mesh, name, type }: StoredResource): Json {
  return { httpMatches: [], resource: { labels, mesh, name, type }, rules: [] };
}

/** The policies with rules that reach one inbound, as `_inbounds/{kri}/_policies` lists them. */
export function inboundPoliciesOf(dataplane: StoredResource, { store }: World): Json {
  const policies = ['MeshTimeout', 'MeshTrafficPermission'].flatMap((kind) => {
    const reaching = store
      .collection(kind, dataplane.mesh)
      .page(0, Infinity)
      .filter((one) => rulesIn(one).length > 0 && reaches(one, dataplane));
    if (reaching.length === 0) return [];
    const kris = reaching.map((one) => kriOf(kindByType(kind), one));
    return [
      {
        kind,
        origins: kris.map((kri) => ({ kri })),
        rules: reaching.flatMap((one, at) =>
          rulesIn(one).map((rule): Json => ({ conf: rule['default'], kri: kris[at] })),
        ),
      },
    ];
  });
  return { policies };
}

function reaches({ fields }: StoredResource, { labels }: StoredResource): boolean {
  const { targetRef } = fields['spec'] as { targetRef?: { labels?: Record<string, string> } };
  return includesAll(labels, targetRef?.labels ?? {});
}

function rulesIn({ fields }: StoredResource): readonly Json[] {
  const { rules } = fields['spec'] as { rules?: readonly Json[] };
  return rules ?? [];
}

/** Without outbounds of its own a proxy knows every service of the mesh. */
function everything(mesh: string, { store }: World): readonly ResolvedRef[] {
  return store
    .collection('MeshService', mesh)
    .page(0, Infinity)
    .flatMap((resource) => {
      const { ports = [] } = resource.fields['spec'] as {
        ports?: readonly { port: number; name?: string; appProtocol?: string }[];
      };
      return ports.map(({ port, name, appProtocol = 'tcp' }) => ({
        resource,
        port,
        protocol: appProtocol,
        ...(name !== undefined && { portName: name }),
      }));
    });
}

function entries(
  found: readonly ResolvedRef[],
  portOf: (ref: ResolvedRef) => string | number,
): ReadonlyMap<string, Json> {
  return new Map(
    found.map((ref) => {
      const { port, protocol } = ref;
      const { resource } = ref;
      const kri = `${kriOf(kindByType(resource.type), resource) ?? ''}${portOf(ref)}`;
      return [kri, { kri, port, protocol, proxyResourceName: kri }];
    }),
  );
}
