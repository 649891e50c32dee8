import type { Insight } from './proxies';
import { networkingOf } from './resource';
import type { Json, StoredResource } from './resource';
import { envelopeOf } from './views';
import type { World } from './views';

/** A Dataplane with its insight; the insight is missing until a proxy connected for the first time. */
export function overviewOf(dataplane: StoredResource, world: World, version: string): Json {
  const insight = world.proxies.insightOf(dataplane.mesh ?? '', dataplane.name);
  const tags = world.flavour.tags;
  return {
    ...envelopeOf(dataplane, 'DataplaneOverview'),
    dataplane: dataplane.fields,
    ...(insight && { dataplaneInsight: insightView(dataplane, insight, version, tags) }),
  };
}

function insightView(
  dataplane: StoredResource,
  insight: Insight,
  version: string,
  tags: boolean,
): Json {
  const { mesh, name } = dataplane;
  const { connectTime, disconnectTime, issuedBackend, trust, carries } = insight;
  return {
    subscriptions: [
      {
        id: `${mesh ?? ''}-${name}-${Date.parse(connectTime)}`,
        controlPlaneInstanceId: 'sandbox-0001',
        connectTime,
        ...(disconnectTime !== undefined && { disconnectTime }),
        status: { lastUpdateTime: connectTime, ...responses(insight, dataplane, tags) },
        version: {
          kumaDp: {
            version,
            gitTag: `v${version}`,
            gitCommit: 'sandbox',
            buildDate: 'unknown',
            kumaCpCompatible: true,
          },
          envoy: { version: '1.38.3', build: 'sandbox/1.38.3', kumaDpCompatible: true },
        },
      },
    ],
    ...(issuedBackend !== undefined && {
      mTLS: {
        certificateExpirationTime: new Date(Date.parse(connectTime) + 86_400_000).toISOString(),
        lastCertificateRegeneration: connectTime,
        certificateRegenerations: 1,
        issuedBackend,
        supportedBackends: [trust],
      },
    }),
    metadata: {
      'dataplane.proxyType': 'dataplane',
      // The stand-in of 2.14 is an early one: its proxies do not show their file.
      ...(!tags && carries !== undefined && { 'dataplane.resource': carries }),
    },
  };
}

/** A proxy of 3.x that cannot be named is connected, and nothing was ever sent to it (recorded). */
function responses({ spiffeId }: Insight, dataplane: StoredResource, tags: boolean): Json {
  if (tags || spiffeId === undefined) return { total: {}, cds: {}, eds: {}, lds: {}, rds: {} };
  const times = (count: number): Json => ({
    responsesSent: String(count),
    responsesAcknowledged: String(count),
  });
  // Who reaches nothing is told of no endpoints.
  const reaches = (networkingOf(dataplane).outbound ?? []).length > 0;
  return {
    total: times(reaches ? 5 : 3),
    cds: times(1),
    eds: reaches ? times(1) : {},
    lds: times(1),
    rds: {},
  };
}
