import type { Insight } from './proxies';
import type { Json, StoredResource } from './resource';
import { envelopeOf } from './views';
import type { World } from './views';

/** A Dataplane with its insight; the insight is missing until a proxy connected for the first time. */
export function overviewOf(dataplane: StoredResource, { proxies }: World, version: string): Json {
  const insight = proxies.insightOf(dataplane.mesh ?? '', dataplane.name);
  return {
    ...envelopeOf(dataplane, 'DataplaneOverview'),
    dataplane: dataplane.fields,
    ...(insight && { dataplaneInsight: insightView(dataplane, insight, version) }),
  };
}

function insightView({ mesh, name }: StoredResource, insight: Insight, version: string): Json {
  const { connectTime, disconnectTime, issuedBackend } = insight;
  return {
    subscriptions: [
      {
        id: `${mesh ?? ''}-${name}-${Date.parse(connectTime)}`,
        controlPlaneInstanceId: 'sandbox-0001',
        connectTime,
        ...(disconnectTime !== undefined && { disconnectTime }),
        status: { lastUpdateTime: connectTime, total: {}, cds: {}, eds: {}, lds: {}, rds: {} },
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
        supportedBackends: [issuedBackend],
      },
    }),
    metadata: { 'dataplane.proxyType': 'dataplane' },
  };
}
