/**
 * What routes requests through Kong, as far as it matters here: Ingress, and the routes of the Gateway
 * API. Versions of one kind differ in nothing that is read.
 */
import * as z from 'zod';

import { listOf, Meta, Name, PortNumber } from './view-parts';
import type { ObjectName } from './views';

/** One destination of a rule. */
export interface BackendRefView {
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** Where it is not that of the route. */
  readonly namespace?: string;
  readonly name: string;
  readonly port?: number | string;
  /** Share of the requests of its rule; 0: none. */
  readonly weight: number;
}

export interface ParentRefView {
  readonly namespace?: string;
  readonly name: string;
  /** Name of one listener. */
  readonly section?: string;
  readonly port?: number;
}

export interface RefusalView {
  readonly controller: string;
  readonly parent: string;
  readonly reason: string;
}

/** An HTTPRoute, GRPCRoute, TCPRoute or TLSRoute. */
export interface RouteView extends ObjectName {
  readonly kind: string;
  readonly parents: readonly ParentRefView[];
  readonly rules: readonly (readonly BackendRefView[])[];
  /** Controllers that do not serve it, by their own word. */
  readonly refusals: readonly RefusalView[];
}

/** An Ingress or a TCPIngress: its rules have one backend each. */
export interface IngressView extends ObjectName {
  readonly kind: string;
  /** By `spec.ingressClassName` or by the older annotation; undefined: that of the default class. */
  readonly ingressClass?: string;
  /** The class is named by `spec.ingressClassName`, so there must be an object of that name. */
  readonly classRequired?: true;
  readonly backends: readonly BackendRefView[];
}

const Port = PortNumber.nullish();

const BackendRef = z
  .object({
    group: z.string().nullish(),
    kind: z.string().nullish(),
    namespace: Name.nullish(),
    name: Name,
    port: Port,
    weight: z.int().min(0).nullish(),
  })
  .transform(({ group, kind, namespace, name, port, weight }): BackendRefView => ({
    group: group ?? '',
    kind: kind ?? 'Service',
    ...(namespace ? { namespace } : {}),
    name,
    ...(port ? { port } : {}),
    weight: weight ?? 1,
  }));

const gatewayGroup = 'gateway.networking.k8s.io';

const ParentRef = z.object({
  group: z.string().nullish(),
  kind: z.string().nullish(),
  namespace: Name.nullish(),
  name: Name,
  sectionName: z.string().nullish(),
  port: Port,
});
type ParentRef = z.output<typeof ParentRef>;

const ParentStatus = z.object({
  controllerName: z.string().nullish(),
  parentRef: ParentRef,
  conditions: listOf(
    z.object({
      type: z.string(),
      status: z.string(),
      reason: z.string().nullish(),
    }),
  ),
});

/** A parent that is no Gateway (a Service, in a mesh that routes by itself) is left out. */
function parentOf({ group, kind, namespace, name, sectionName, port }: ParentRef) {
  const isGateway = (group ?? gatewayGroup) === gatewayGroup && (kind ?? 'Gateway') === 'Gateway';
  if (!isGateway) return [];
  return [
    {
      name,
      ...(namespace ? { namespace } : {}),
      ...(sectionName ? { section: sectionName } : {}),
      ...(port ? { port } : {}),
    },
  ];
}

export function routeView(kind: string) {
  return z
    .object({
      metadata: Meta,
      spec: z.object({
        parentRefs: listOf(ParentRef),
        rules: listOf(z.object({ backendRefs: listOf(BackendRef) })),
      }),
      status: z.object({ parents: listOf(ParentStatus) }).nullish(),
    })
    .transform(({ metadata, spec, status }): RouteView => ({
      kind,
      name: metadata.name,
      namespace: metadata.namespace ?? 'default',
      parents: spec.parentRefs.flatMap(parentOf),
      rules: spec.rules.map(({ backendRefs }) => backendRefs),
      refusals: (status?.parents ?? []).flatMap(({ controllerName, parentRef, conditions }) =>
        conditions
          .filter(({ type, status: state }) => type === 'Accepted' && state === 'False')
          .map(({ reason }) => ({
            controller: controllerName ?? '',
            parent: `${parentRef.namespace ?? metadata.namespace ?? 'default'}/${parentRef.name}`,
            reason: reason ?? 'no reason given',
          })),
      ),
    }));
}

const IngressBackend = z
  .object({
    service: z
      .object({
        name: Name,
        port: z.object({ number: Port, name: z.string().nullish() }).nullish(),
      })
      .nullish(),
    resource: z.object({ apiGroup: z.string().nullish(), kind: z.string(), name: Name }).nullish(),
  })
  .transform(({ service, resource }): readonly BackendRefView[] => {
    if (service) {
      const port = service.port?.number ?? service.port?.name ?? undefined;
      const target = { group: '', kind: 'Service', name: service.name, weight: 1 };
      return [{ ...target, ...(port === undefined ? {} : { port }) }];
    }
    if (!resource) return [];
    const { apiGroup, kind, name } = resource;
    return [{ group: apiGroup ?? '', kind, name, weight: 1 }];
  });

const classAnnotation = 'kubernetes.io/ingress.class';

function ingressOf(
  kind: string,
  { name, namespace, annotations }: z.output<typeof Meta>,
  className: string | null | undefined,
  backends: readonly BackendRefView[],
): IngressView {
  const ingressClass = className ?? annotations[classAnnotation];
  return {
    kind,
    name,
    namespace: namespace ?? 'default',
    ...(ingressClass ? { ingressClass } : {}),
    ...(className ? { classRequired: true } : {}),
    backends,
  };
}

export const IngressView = z
  .object({
    metadata: Meta,
    spec: z
      .object({
        ingressClassName: z.string().nullish(),
        defaultBackend: IngressBackend.nullish(),
        rules: listOf(
          z.object({
            http: z.object({ paths: listOf(z.object({ backend: IngressBackend })) }).nullish(),
          }),
        ),
      })
      .nullish(),
  })
  .transform(({ metadata, spec }): IngressView => {
    const backends = [
      ...(spec?.rules ?? []).flatMap(({ http }) =>
        (http?.paths ?? []).flatMap(({ backend }) => backend),
      ),
      ...(spec?.defaultBackend ?? []),
    ];
    return ingressOf('Ingress', metadata, spec?.ingressClassName, backends);
  });

export const TcpIngressView = z
  .object({
    metadata: Meta,
    spec: z
      .object({
        rules: listOf(
          z.object({ backend: z.object({ serviceName: Name, servicePort: Port }).nullish() }),
        ),
      })
      .nullish(),
  })
  .transform(({ metadata, spec }): IngressView => {
    const backends = (spec?.rules ?? []).flatMap(({ backend }): readonly BackendRefView[] => {
      if (!backend) return [];
      const { serviceName: name, servicePort: port } = backend;
      return [{ group: '', kind: 'Service', name, weight: 1, ...(port ? { port } : {}) }];
    });
    return ingressOf('TCPIngress', metadata, undefined, backends);
  });
