import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { DataplaneSpec, ResourceBody } from '../../../sandbox/control-plane/resource';
import { exchange, exchangeNames, replay } from './exchange';
import { replayScenes } from './replay-scenes';
import type { Scene } from './replay-scenes';

const folder = 'kuma3';
const options = { flavour: '3.x' } as const;
const MESH = 'default';

function recorded(name: string): any {
  return exchange(name, folder).response.body;
}

/** A Dataplane as a recorded answer shows it, as its owner wrote it. */
function dataplane({ name, labels, networking }: any): ResourceBody {
  const own = Object.entries(labels as Record<string, string>).filter(
    ([key]) => key === 'app' || key === 'kuma.io/workload',
  );
  return { type: 'Dataplane', mesh: MESH, name, labels: Object.fromEntries(own), networking };
}

/** The services, who they are, and who may call them. */
function servicesRun(controlPlane: ControlPlane): void {
  const identity = recorded('meshidentities').items[0];
  controlPlane.put({ type: 'MeshIdentity', mesh: MESH, name: 'identity', spec: identity.spec });
  const [permission] = recorded('meshtrafficpermissions').items;
  controlPlane.put({
    type: permission.type,
    mesh: MESH,
    name: permission.name,
    spec: permission.spec,
  });
  for (const one of recorded('dataplanes').items.slice(1)) {
    const { labels, networking } = dataplane(one) as unknown as DataplaneSpec;
    const spec = { ...(labels && { labels }), networking };
    controlPlane.connectProxy({ name: one.name, mode: 'file', spec });
  }
}

function gatewayRuns(controlPlane: ControlPlane, form = 'dataplane-gateway-plain'): void {
  const body = recorded(form);
  controlPlane.put(dataplane(body));
  controlPlane.connectProxy({
    name: body.name,
    mode: 'api',
    live: () => [{ name: 'kri_msvc_default_zone-a__orders_8080', place: '127.0.0.1:33001' }],
  });
}

function allRun(controlPlane: ControlPlane): void {
  servicesRun(controlPlane);
  gatewayRuns(controlPlane);
}

/** What was written by hand beside the generated services. */
async function extrasWritten(controlPlane: ControlPlane): Promise<void> {
  const put = (one: any, labels: object): void => {
    const { type, name, spec } = one;
    controlPlane.put({ type, mesh: MESH, name, labels: { ...labels }, spec });
  };
  put(recorded('meshmultizoneservices').items[0], { tier: 'web' });
  put(recorded('meshexternalservices').items[0], {});
  // The recorded control plane had made, and lost, one service before this.
  controlPlane.put({ type: 'MeshService', mesh: MESH, name: 'lost', spec: { ports: [] } });
  controlPlane.delete('MeshService', 'lost');
  put(recorded('meshservice-by-hand'), { team: 'x' });
  await replay(controlPlane.url, exchange('put-ms-tags', folder).request);
}

const REFUSED_OR_TAKEN = exchangeNames(folder).filter(
  (name) =>
    name.startsWith('put-dp-') &&
    exchange(name, folder).request.path.endsWith('/bad-01') &&
    name !== 'put-dp-roundtrip',
);

const SCENES: readonly Scene[] = [
  {
    name: 'a fresh control plane',
    options,
    prepare: () => undefined,
    exchanges: [
      'index',
      'config',
      'mesh-default',
      'zones-overview',
      'hostnamegenerators-default',
      'meshretries',
      'dataplane-404',
      'dataplanes-gateway-builtin',
      'dataplanes-gateway-delegated-none',
      'gone-external-services',
      'service-insights',
      'service-insights-type-builtin',
      'put-mesh-with-old-fields',
      'mesh-default-after-old-fields',
      'put-mtp-from',
      'put-mtp-dataplane-labels',
      'put-ms-servicetag',
      'put-ms-tags',
      'put-dp-gateway-plain',
      'dataplane-gateway-plain-xds-offline',
      'tokens-dataplane-name',
      'tokens-dataplane-name-workload',
    ],
  },
  {
    name: 'somebody without credentials',
    options,
    prepare: () => undefined,
    exchanges: ['auth-anon-put-dataplane'],
  },
  {
    name: 'services and the gateway run',
    options,
    prepare: allRun,
    exchanges: [
      'dataplanes',
      'dataplanes-overview',
      'dataplanes-label-workload',
      'dataplanes-tag-workload',
      'dataplanes-tag',
      'dataplane-gateway-plain',
      'dataplane-gateway-plain-overview-online',
      'dataplane-gateway-plain-layout',
      'dataplane-gateway-plain-config',
      'dataplane-gateway-plain-xds-listeners',
      'dataplane-gateway-plain-policies',
      'dataplane-gateway-plain-rules',
      'dataplane-gateway-plain-outbound-policies',
      'dataplane-gateway-plain-hostnames',
      'gone-dataplane-rules',
      'dataplane-orders-1',
      'dataplane-orders-1-layout',
      'meshservices',
      'meshservice-orders',
      'meshservice-orders-dataplanes',
      'meshservice-orders-hostnames',
      'gone-meshservice-resources-dataplanes',
      'service-insight-orders',
      'meshidentities',
      'meshtrusts',
      'meshtrafficpermissions',
      'workloads-with-gateway',
      'put-dp-gateway-workload-change',
    ],
  },
  {
    name: 'the policies of an inbound',
    options,
    prepare: (controlPlane) => {
      const [timeout] = recorded('dataplane-orders-1-inbound-policies').policies[0].rules;
      const spec = { targetRef: { kind: 'Mesh' }, rules: [{ default: timeout.conf }] };
      const name = 'mesh-timeout-all-default';
      controlPlane.put({ type: 'MeshTimeout', mesh: MESH, name, spec });
      allRun(controlPlane);
    },
    exchanges: ['dataplane-orders-1-inbound-policies'],
  },
  {
    name: 'the gateway was stopped',
    options,
    prepare: (controlPlane) => {
      servicesRun(controlPlane);
      controlPlane.put(dataplane(recorded('dataplane-gateway-plain')));
      controlPlane.connectProxy({ name: 'kong-01', mode: 'api' }).disconnect();
    },
    exchanges: ['dataplane-gateway-plain-overview-offline'],
  },
  {
    name: 'the gateway belongs to a file',
    options,
    prepare: (controlPlane) => {
      servicesRun(controlPlane);
      const { networking } = recorded('dataplane-gateway-file-owned-overview').dataplane;
      const labels = { 'kuma.io/workload': 'kong', own: 'x' };
      const spec: DataplaneSpec = { labels, networking };
      controlPlane.connectProxy({ name: 'kong-01', mode: 'file', spec });
    },
    exchanges: ['dataplane-gateway-file-owned-overview'],
  },
  {
    name: 'a gateway without a workload',
    options,
    prepare: (controlPlane) => {
      servicesRun(controlPlane);
      gatewayRuns(controlPlane, 'dataplane-gateway-no-workload');
    },
    exchanges: [
      'dataplane-gateway-no-workload',
      'dataplane-gateway-no-workload-layout',
      'dataplane-gateway-no-workload-overview',
    ],
  },
  {
    name: 'a gateway with a block and tags',
    options,
    prepare: servicesRun,
    exchanges: [
      'put-dp-gateway-delegated',
      'dataplane-gateway-delegated',
      'dataplanes-gateway-delegated',
    ],
  },
  {
    name: 'a gateway with an empty block',
    options,
    prepare: (controlPlane) => {
      servicesRun(controlPlane);
      gatewayRuns(controlPlane, 'dataplane-gateway-empty');
    },
    exchanges: [
      'dataplane-gateway-empty',
      'put-dp-gateway-empty-create',
      'put-dp-gateway-empty-update',
      'put-dp-gateway-empty-roundtrip',
      'put-dp-gateway-to-plain',
    ],
  },
  {
    name: 'one property of a Dataplane each',
    options,
    prepare: (controlPlane) => {
      const networking = { address: '10.83.0.9' };
      controlPlane.put({ type: 'Dataplane', mesh: MESH, name: 'bad-01', networking });
    },
    exchanges: [...REFUSED_OR_TAKEN, 'put-dp-roundtrip'],
  },
  {
    name: 'references of every kind',
    options,
    prepare: async (controlPlane) => {
      allRun(controlPlane);
      await extrasWritten(controlPlane);
    },
    exchanges: [
      'meshmultizoneservices',
      'meshexternalservices',
      'meshservice-by-hand',
      'meshservice-by-tags',
      'put-dp-gateway-many-outbounds',
      'dataplane-gateway-many-layout',
    ],
  },
  {
    name: 'the last Dataplane of users is gone',
    options,
    prepare: (controlPlane) => {
      servicesRun(controlPlane);
      controlPlane.delete('Dataplane', 'users-3');
    },
    exchanges: ['meshservice-users-gone'],
  },
];

const ON_KUBERNETES = Object.fromEntries(
  exchangeNames(folder)
    .filter((name) => name.startsWith('k8s-'))
    .map((name) => [name, 'from Kubernetes mode, where the API server holds the resources']),
);

const OUT_OF_SCOPE: Readonly<Record<string, string>> = {
  ...ON_KUBERNETES,
  'dataplane-gateway-plain-k8s-format': 'another rendering of a Dataplane, for kubectl users',
  'global-insight': 'counts for a dashboard',
  'resources-list': 'the catalogue of all kinds',
};

/** Versions, features and counters of a real kuma-dp and Envoy. */
function withoutProxy(body: any): unknown {
  const insight = body.dataplaneInsight;
  const subscriptions = insight.subscriptions.map((one: any) => ({ ...one, version: undefined }));
  const carries = insight.metadata['dataplane.resource'] !== undefined;
  return { ...body, dataplaneInsight: { ...insight, subscriptions, metadata: { carries } } };
}

const LISTENER = 'type.googleapis.com/envoy.config.listener.v3.Listener';

const WITHOUT: Readonly<Record<string, (body: any) => unknown>> = {
  'tokens-dataplane-name': () => 'a token',
  'tokens-dataplane-name-workload': () => 'a token',
  config: ({ environment, mode, xdsServer }) => ({
    environment,
    mode,
    refresh: xdsServer.dataplaneConfigurationRefreshInterval,
  }),
  'dataplane-gateway-plain-config': ({ xds }) =>
    Object.values(xds[LISTENER])
      .filter(({ name }: any) => !name.startsWith('system_'))
      .map(({ name, address }: any) => ({ name, address })),
  'dataplane-gateway-plain-xds-listeners': ({ configs }) =>
    configs[0].dynamic_listeners
      .filter(({ name }: any) => !name.startsWith('system_'))
      .map(({ name, active_state }: any) => ({ name, at: active_state.listener.address })),
  'dataplane-gateway-plain-overview-online': withoutProxy,
  'dataplane-gateway-plain-overview-offline': withoutProxy,
  // Recorded before the first counters were written.
  'dataplane-gateway-file-owned-overview': (body) => {
    const { dataplaneInsight, ...rest } = withoutProxy(body) as any;
    const subscriptions = dataplaneInsight.subscriptions.map(({ status: _, ...one }: any) => one);
    return { ...rest, dataplaneInsight: { ...dataplaneInsight, subscriptions } };
  },
  'dataplane-gateway-no-workload-overview': withoutProxy,
  'dataplanes-overview': ({ items, ...rest }) => ({ ...rest, items: items.map(withoutProxy) }),
};

describe('the stand-in of 3.x against the recorded main branch', () => {
  replayScenes({ folder, scenes: SCENES, outOfScope: OUT_OF_SCOPE, without: WITHOUT });

  it('replays all that a Universal control plane says', () => {
    expect(SCENES.flatMap((scene) => scene.exchanges).length).toBeGreaterThan(85);
  });
});
