/** Kuma's resources as the rules read them: policies, and Dataplanes with what is known of their proxies. */
import * as z from 'zod';

import type { Json, JsonObject } from '../../kong/model';
import { identityOf, Labels, listOf, Meta, Port } from '../../sources/resources/common';
import type { ProxyFacts } from '../facts';
import { isObject } from '../policy/effective';
import type { HttpRoute, LegacyPermission, Policy, TargetRef as Ref } from '../policy/policy';

const text = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));

const Conf = z
  .json()
  .nullish()
  .transform((value): JsonObject => {
    const conf = value as Json | undefined;
    return isObject(conf) ? conf : {};
  });

const TargetRef = z
  .object({
    kind: z.string(),
    name: text,
    namespace: text,
    sectionName: text,
    labels: Labels,
    tags: Labels,
    proxyTypes: listOf(z.string()),
  })
  .transform(({ name, namespace, sectionName, ...ref }): Ref => ({
    ...ref,
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(sectionName === undefined ? {} : { sectionName }),
  }));

/** A policy without a top-level target is one for the whole mesh (since 2.6). */
const wholeMesh: Ref = { kind: 'Mesh', labels: {}, tags: {}, proxyTypes: [] };
const Target = TargetRef.nullish().transform((ref) => ref ?? wholeMesh);

const Clauses = listOf(z.object({ targetRef: Target, default: Conf }));

/** `to` of a MeshHTTPRoute has rules in place of one default. */
const Routed = listOf(z.object({ targetRef: Target, rules: listOf(Conf) }));

export const HttpRoutePolicy = z
  .object({
    ...Meta,
    spec: z.object({ targetRef: Target, to: Routed }).nullish(),
  })
  .transform(({ spec, ...meta }): HttpRoute => ({
    name: identityOf(meta).name,
    ...(spec ?? { targetRef: wholeMesh, to: [] }),
  }));

export const PolicyResource = z
  .object({
    ...Meta,
    spec: z
      .object({
        targetRef: Target,
        to: Clauses,
        from: Clauses,
        rules: listOf(Conf),
        default: Conf,
      })
      .nullish(),
  })
  .transform(({ spec, ...meta }): Policy => ({
    name: identityOf(meta).name,
    ...(spec ?? { targetRef: wholeMesh, to: [], from: [], rules: [], default: {} }),
  }));

const Selectors = listOf(z.object({ match: Labels })).transform((selectors) =>
  selectors.map(({ match }) => match),
);

export const TrafficPermission = z
  .object({ ...Meta, sources: Selectors, destinations: Selectors })
  .transform(({ name, sources, destinations }): LegacyPermission => ({
    name,
    sources,
    destinations,
  }));

const Inbound = z.object({
  address: text,
  port: Port,
  servicePort: Port.nullish(),
  tags: Labels,
});

const Backend = z
  .object({ kind: z.string(), name: text, labels: Labels, port: z.int().nullish() })
  .transform(({ kind, name, labels, port }) => ({
    kind,
    labels,
    ...(name === undefined ? {} : { name }),
    ...(port ? { port } : {}),
  }));

const Version = z.object({
  kumaDp: z
    .object({ version: z.string().nullish(), kumaCpCompatible: z.boolean().nullish() })
    .nullish(),
  envoy: z
    .object({ version: z.string().nullish(), kumaDpCompatible: z.boolean().nullish() })
    .nullish(),
});

const Insight = z.object({
  subscriptions: listOf(
    z.object({ connectTime: text, disconnectTime: text, version: Version.nullish() }),
  ),
  mTLS: z.unknown(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});
type Insight = z.infer<typeof Insight>;

export const DataplaneOverview = z
  .object({
    ...Meta,
    dataplane: z.object({
      networking: z.object({
        address: z.string(),
        gateway: z.object({ type: text, tags: Labels }).nullish(),
        inbound: listOf(Inbound),
        transparentProxying: z
          .object({
            reachableServices: listOf(z.string()),
            reachableBackends: z.object({ refs: listOf(Backend) }).nullish(),
          })
          .nullish(),
      }),
    }),
    dataplaneInsight: Insight.nullish(),
  })
  .transform(({ name, labels, dataplane, dataplaneInsight }): ProxyFacts => {
    const { address, gateway, inbound, transparentProxying } = dataplane.networking;
    const reachable = transparentProxying ?? undefined;
    return {
      name,
      labels,
      address,
      ...(gateway
        ? {
            gateway: {
              delegated: (gateway.type ?? 'DELEGATED') === 'DELEGATED',
              tags: gateway.tags,
            },
          }
        : {}),
      inbounds: inbound.map((one) => ({
        address: one.address ?? address,
        port: one.port,
        servicePort: one.servicePort ?? one.port,
        tags: one.tags,
      })),
      ...(dataplaneInsight && dataplaneInsight.subscriptions.length > 0
        ? { proxy: proxyOf(dataplaneInsight) }
        : {}),
      // An empty list of names is no list; an empty list of backends is one that names nothing.
      ...(reachable && reachable.reachableServices.length > 0
        ? { reachableServices: reachable.reachableServices }
        : {}),
      ...(reachable?.reachableBackends
        ? { reachableBackends: reachable.reachableBackends.refs }
        : {}),
    };
  });

function proxyOf({ subscriptions, metadata, mTLS }: Insight): NonNullable<ProxyFacts['proxy']> {
  const online = subscriptions.some(
    ({ connectTime, disconnectTime }) => connectTime !== undefined && disconnectTime === undefined,
  );
  const misfit = misfitOf(subscriptions.at(-1)?.version ?? {});
  const file = fileOf(metadata?.['dataplane.resource']);
  const certified = Boolean(mTLS);
  return {
    online,
    certified,
    ...(misfit === undefined ? {} : { misfit }),
    ...(file ? { file } : {}),
  };
}

function misfitOf({ kumaDp, envoy }: z.infer<typeof Version>): string | undefined {
  if (kumaDp?.kumaCpCompatible === false) {
    return `kuma-dp ${kumaDp.version ?? '?'} with this control plane`;
  }
  if (envoy?.kumaDpCompatible === false) {
    return `Envoy ${envoy.version ?? '?'} with kuma-dp ${kumaDp?.version ?? '?'}`;
  }
  return undefined;
}

const FileDataplane = z.object({
  networking: z.object({ gateway: z.object({ tags: Labels }).nullish() }),
});

/** kuma-dp carries the file it was started with in its metadata, and nothing where the API owns it. */
function fileOf(carried: unknown): { readonly service?: string } | undefined {
  if (typeof carried !== 'string' || carried === '') return undefined;
  try {
    const { networking } = FileDataplane.parse(JSON.parse(carried));
    const service = networking.gateway?.tags['kuma.io/service'];
    return service === undefined ? {} : { service };
  } catch {
    return {};
  }
}
