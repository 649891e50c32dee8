import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import { exchange, exchangeNames, replay } from './exchange';
import { replayScenes } from './replay-scenes';
import type { Scene } from './replay-scenes';

const WRITES = [
  'put-mesh',
  'put-dp-backend-01',
  'put-dp-backend-02',
  'put-dp-web-01',
  'put-dp-kong-01',
  'put-es-httpbin',
  'put-mes-payments',
  'put-ms-orders',
  'put-mzms-shop',
  'put-vo',
  'put-hg',
  'put-mtp',
  'put-mt',
  'put-mhr',
];

const GLOBAL_WRITES = [
  'global-put-hostnamegenerators-my-gen',
  'global-put-meshes-default-dataplanes-kong-01',
  'global-put-meshes-default-external-services-legacy-billing',
  'global-put-meshes-default-meshexternalservices-payments',
  'global-put-meshes-default-meshmultizoneservices-shop',
  'global-put-meshes-default-meshservices-orders',
  'global-put-meshes-default-meshtimeouts-kong-timeouts',
  'global-put-meshes-default-virtual-outbounds-vo-all',
];

const SCENES: readonly Scene[] = [
  {
    name: 'a fresh zone control plane',
    prepare: () => undefined,
    exchanges: [
      'index',
      'whoami-localhost',
      'mesh-default-initial',
      'mesh-404',
      'unknown-type',
      'hostnamegenerators-default',
      'zones',
      'zones-overview',
      'zone-egresses',
      'zoneingresses',
      'workloads',
      'meshidentities',
      'meshzoneaddresses',
      'tokens-dataplane-no-validfor',
    ],
  },
  { name: 'the first writes', prepare: () => undefined, exchanges: WRITES },
  {
    name: 'everything written, no proxy connected yet',
    prepare: written,
    exchanges: [
      'meshes',
      'dataplanes',
      'dataplanes-all-meshes',
      'dataplanes-filter-bad',
      'dataplanes-gateway-bad',
      'dataplanes-gateway-delegated',
      'dataplanes-gateway-true',
      'dataplanes-label-filter',
      'dataplanes-name-contains',
      'dataplanes-offset-bad',
      'dataplanes-offset-past',
      'dataplanes-overview',
      'dataplanes-page1',
      'dataplanes-page2',
      'dataplanes-size-too-big',
      'dataplanes-size-zero',
      'dataplanes-tag-exact',
      'dataplanes-tag-fuzzy',
      'dataplanes-tag-two',
      'dataplane-404',
      'dataplane-kong',
      'dataplane-kong-config-noinsight',
      'dataplane-kong-layout',
      'dataplane-kong-policies',
      'dataplane-kong-xds-offline',
      'service-insights',
      'service-insight-backend',
      'external-services',
      'virtual-outbounds',
      'meshservices-everywhere',
      'meshservice-backend-dataplanes',
      'meshservice-backend-hostnames',
      'meshservice-orders-hostnames',
      'kri-backend',
      'meshexternalservices',
      'mes-hostnames',
      'meshmultizoneservices',
      'mzms-hostnames',
      'meshhttproutes',
      'meshtimeouts',
    ],
  },
  {
    name: 'what a Dataplane is refused for, and what is accepted',
    prepare: written,
    exchanges: exchangeNames().filter((name) => name.startsWith('put-dp-bad-')),
  },
  {
    name: 'a gateway that has a service, written without',
    prepare: (controlPlane) => {
      const gateway = { type: 'DELEGATED', tags: { 'kuma.io/service': 'kong' } };
      const networking = { address: '127.0.0.5', gateway };
      controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'bad-01', networking });
    },
    exchanges: ['put-dp-update-without-service'],
  },
  {
    name: 'who may do what',
    options: {
      auth: {
        tokens: {
          root: { name: 'root', groups: ['mesh-system:admin'] },
          sync: { name: 'sync', groups: ['team-a'] },
        },
      },
    },
    prepare: written,
    exchanges: [
      'auth-admin-whoami',
      'auth-anon-whoami',
      'auth-user-whoami',
      'auth-bad-token',
      'auth-bad-token-index',
      'auth-anon-list-dataplanes',
      'auth-anon-put-dataplane',
      'auth-anon-secrets',
      'auth-anon-usertoken',
      'auth-user-dptoken',
      'auth-user-put-dataplane',
      'auth-user-put-mesh',
      'auth-user-secrets',
    ],
  },
  {
    name: 'all proxies connected, the gateway renamed',
    prepare: async (controlPlane) => {
      await written(controlPlane);
      connectAll(controlPlane);
    },
    exchanges: ['service-insights-online', 'meshservices-online', 'dataplane-kong-overview-online'],
  },
  {
    name: 'mode Exclusive, with a second gateway',
    prepare: async (controlPlane) => {
      await written(controlPlane);
      connectAll(controlPlane);
      exclusive(controlPlane);
    },
    exchanges: [
      'exclusive-service-insights',
      'kong-new-service-insight',
      'meshservices-exclusive',
      'dataplane-kong-layout-exclusive',
      'dataplane-kong-policies-exclusive',
    ],
  },
  {
    name: 'a MeshService that selects nothing',
    prepare: async (controlPlane) => {
      await written(controlPlane);
      connectAll(controlPlane);
      exclusive(controlPlane);
      controlPlane.put({
        type: 'MeshService',
        name: 'ghost',
        mesh: 'default',
        spec: {
          selector: { dataplaneTags: { 'kuma.io/service': 'ghost' } },
          ports: [{ name: 'http', port: 8080, targetPort: 8080, appProtocol: 'http' }],
        },
      });
    },
    exchanges: ['meshservice-ghost'],
  },
  {
    name: 'the proxies of backend just stopped',
    prepare: async (controlPlane) => {
      await written(controlPlane);
      for (const handle of connectAll(controlPlane)) handle.disconnect();
    },
    exchanges: ['meshservice-backend-no-endpoints'],
  },
  {
    name: 'the last Dataplane of backend is gone',
    prepare: async (controlPlane) => {
      await written(controlPlane);
      controlPlane.delete('Dataplane', 'backend-01');
      controlPlane.delete('Dataplane', 'backend-02');
    },
    exchanges: ['meshservice-backend-orphaned'],
  },
  {
    name: 'five hundred services',
    prepare: (controlPlane) => {
      controlPlane.seed({ mesh: 'scale', services: 500, dataplanesPerService: 4 });
    },
    exchanges: [
      'service-insights-bad-type',
      'service-insights-name-filter',
      'service-insights-type-filter',
    ],
  },
  {
    name: 'the writes on a global control plane',
    options: { mode: 'global' },
    prepare: () => undefined,
    exchanges: GLOBAL_WRITES,
  },
  {
    name: 'a global control plane without zones',
    options: { mode: 'global' },
    prepare: async ({ url }) => {
      for (const name of GLOBAL_WRITES) await replay(url, exchange(name).request);
    },
    exchanges: [
      'global-get',
      'global-get-hostnamegenerators',
      'global-get-meshes-default',
      'global-get-meshes-default-dataplanes',
      'global-get-meshes-default-dataplanes-x-_config',
      'global-get-meshes-default-dataplanes-x-xds',
      'global-get-meshes-default-meshexternalservices-payments-_hostnames',
      'global-get-meshes-default-meshmultizoneservices-shop-_hostnames',
      'global-get-meshes-default-meshservices',
      'global-get-meshes-default-service-insights',
      'global-get-meshexternalservices',
      'global-get-meshmultizoneservices',
      'global-get-zones',
      'global-get-zones-_overview',
    ],
  },
];

/** Recorded, and not served by the stand-in. */
const OUT_OF_SCOPE: Readonly<Record<string, string>> = {
  'auth-anon-config':
    'the whole configuration of a real process; the stand-in shows mode, zone and store',
  config: 'as auth-anon-config',
  'dataplane-kong-clusters': 'Envoy admin output; there is no Envoy',
  'dataplane-kong-config': 'xDS computed for Envoy; there is no Envoy',
  'dataplane-kong-rules': 'matched policies of one Dataplane, which no discovery reads',
  'dataplane-kong-policies2': 'as dataplane-kong-rules',
  'dataplane-kong-k8s-format': 'another rendering of a Dataplane, for kubectl users',
  'mhr-dataplanes': 'the Dataplanes a policy matches, which no discovery reads',
  'policies-list': 'the catalogue of policy kinds',
  'resources-list': 'the catalogue of all kinds',
  'global-insight-empty': 'counts for a dashboard',
  'global-insight-full': 'counts for a dashboard',
  'global-get-global-insight': 'counts for a dashboard',
  'global-insights-empty': 'counts for a dashboard',
  'mesh-insight-default': 'counts for a dashboard',
  'mesh-insights': 'counts for a dashboard',
};

/** Where a part of a body is not the control plane's to say, it is taken out on both sides. */
const WITHOUT: Readonly<Record<string, (body: any) => unknown>> = {
  'tokens-dataplane-no-validfor': () => 'a token',
  'dataplane-kong-overview-online': (body) => {
    const insight = { ...body.dataplaneInsight, metadata: undefined };
    const subscriptions = insight.subscriptions.map((one: any) => ({ ...one, status: undefined }));
    return { ...body, dataplaneInsight: { ...insight, subscriptions } };
  },
};

describe('the stand-in control plane against the recorded one', () => {
  replayScenes({
    folder: 'kuma',
    scenes: SCENES,
    outOfScope: OUT_OF_SCOPE,
    without: WITHOUT,
    tokenFor,
    after: (name, controlPlane) => {
      if (name.startsWith('put-dp-bad-')) controlPlane.delete('Dataplane', 'bad-01');
    },
  });

  it('replays most of them', () => {
    expect(SCENES.flatMap((scene) => scene.exchanges).length).toBeGreaterThan(140);
  });
});

async function written(controlPlane: ControlPlane): Promise<void> {
  for (const name of WRITES) await replay(controlPlane.url, exchange(name).request);
  for (const { type, mesh, name, spec } of exchange('meshtimeouts').response.body.items) {
    controlPlane.put({ type, mesh, name, spec });
  }
}

function connectAll(controlPlane: ControlPlane) {
  const overview = exchange('dataplane-kong-overview-online').response.body;
  controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'kong-01', ...overview.dataplane });
  return ['backend-01', 'backend-02', 'web-01', 'kong-01'].map((name) =>
    controlPlane.connectProxy({ name, mode: 'api' }),
  );
}

function exclusive(controlPlane: ControlPlane): void {
  const { networking } = exchange('dataplane-kong-overview-online').response.body.dataplane;
  const { type, name, mtls } = exchange('put-mesh').request.body;
  controlPlane.put({ type, name, mtls, meshServices: { mode: 'Exclusive' } });
  const outbound = [
    { port: 33003, backendRef: { kind: 'MeshService', name: 'backend', port: 10001 } },
    {
      port: 33004,
      backendRef: {
        kind: 'MeshService',
        labels: { 'kuma.io/display-name': 'backend' },
        port: 10001,
      },
    },
    {
      port: 33005,
      backendRef: {
        kind: 'MeshMultiZoneService',
        labels: { 'kuma.io/display-name': 'shop' },
        port: 10001,
      },
    },
  ];
  const mesh = 'default';
  controlPlane.put({
    type: 'Dataplane',
    mesh,
    name: 'kong-01',
    networking: { ...networking, outbound },
  });
  const second = { address: '127.0.0.6', gateway: { tags: { 'kuma.io/service': 'kong' } } };
  controlPlane.put({ type: 'Dataplane', mesh, name: 'kong-02', networking: second });
  controlPlane.connectProxy({ name: 'kong-02', mode: 'api' });
  const tags = { 'kuma.io/service': 'tpsvc', 'kuma.io/protocol': 'http' };
  const inbound = [{ port: 10005, tags }];
  controlPlane.put({
    type: 'Dataplane',
    mesh,
    name: 'tpsvc-01',
    networking: { address: '127.0.0.7', inbound },
  });
}

function tokenFor(name: string): string | undefined {
  return name.startsWith('auth-admin') ? 'root' : name.startsWith('auth-user') ? 'sync' : 'wrong';
}
