/**
 * Kubernetes objects as far as they matter here, checked on the way in. A view is small: of 5,000
 * Services only these are kept. List items of built-in kinds have no `kind`, so a view never asks.
 */
import * as z from 'zod';

import { interceptionOf, listenPorts, type Interception } from './interception';
import { listOf, Meta, PortNumber, Protocol, Strings } from './view-parts';

/** What tells an object from others of its kind. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export interface ServicePortView {
  readonly port: number;
  readonly name?: string;
  readonly protocol: string;
  readonly appProtocol?: string;
  /** The port of the Pods, by number or by the name that a container gives it. Default: `port`. */
  readonly targetPort?: number | string;
}

export interface ServiceView extends ObjectName {
  readonly externalName?: string;
  /** Addresses of the Service itself; empty for a headless or ExternalName one. */
  readonly clusterIps: readonly string[];
  /** Undefined where the Service selects no Pods by itself. */
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePortView[];
  /** Of all annotations only those that are asked for here. */
  readonly annotations: Readonly<Record<string, string>>;
}

const keptAnnotations = [
  'kuma.io/ignore',
  'ingress.kubernetes.io/service-upstream',
  'nginx.ingress.kubernetes.io/service-upstream',
  'kong-meshd.io/ignored-for',
  'kong-meshd.io/service-upstream',
] as const;

const Ip = z.union([z.ipv4(), z.ipv6()]);
const NoIp = z.enum(['None', '']);

export const ServiceView = z
  .object({
    metadata: Meta,
    spec: z.object({
      type: z.string().nullish(),
      clusterIP: z.union([Ip, NoIp]).nullish(),
      clusterIPs: listOf(z.union([Ip, NoIp])),
      externalName: z.string().nullish(),
      selector: Strings,
      ports: listOf(
        z.object({
          port: PortNumber,
          name: z.string().nullish(),
          protocol: Protocol,
          appProtocol: z.string().nullish(),
          targetPort: z.union([z.int(), z.string()]).nullish(),
        }),
      ),
    }),
  })
  .transform(({ metadata, spec }): ServiceView => {
    const { name, namespace, annotations } = metadata;
    const external = spec.type === 'ExternalName';
    const ips = spec.clusterIPs.length > 0 ? spec.clusterIPs : [spec.clusterIP ?? 'None'];
    return {
      name,
      namespace: namespace ?? 'default',
      ...(external && spec.externalName ? { externalName: spec.externalName } : {}),
      clusterIps: external ? [] : ips.filter((ip) => ip !== 'None' && ip !== ''),
      ...(Object.keys(spec.selector).length > 0 ? { selector: spec.selector } : {}),
      ports: spec.ports.map(({ port, name: portName, protocol, appProtocol, targetPort }) => ({
        port,
        ...(portName ? { name: portName } : {}),
        protocol,
        ...(appProtocol ? { appProtocol } : {}),
        ...(targetPort === null || targetPort === undefined ? {} : { targetPort }),
      })),
      annotations: pick(annotations, keptAnnotations),
    };
  });

export interface PodView extends ObjectName {
  readonly labels: Readonly<Record<string, string>>;
  /** `kuma.io/gateway` as written, where it is. */
  readonly gateway?: string;
  readonly hasSidecar: boolean;
  readonly hasIp: boolean;
  readonly interception: Interception;
  /** Where Kong listens for clients; absent where nothing of the Pod says it. */
  readonly listens?: readonly number[];
  readonly containers: readonly ContainerView[];
  /** The workload as the control plane names it: Deployment, other controller, or the Pod itself. */
  readonly workload: string;
}

export interface ContainerView {
  readonly image: string;
  readonly ports: readonly {
    readonly name?: string;
    readonly port: number;
    readonly protocol: string;
  }[];
}

const Container = z
  .object({
    name: z.string(),
    image: z.string().nullish(),
    ports: listOf(
      z
        .object({ name: z.string().nullish(), containerPort: PortNumber, protocol: Protocol })
        .transform(({ name, containerPort, protocol }) => ({
          ...(name ? { name } : {}),
          port: containerPort,
          protocol,
        })),
    ),
    env: listOf(z.object({ name: z.string(), value: z.string().nullish() })),
  })
  .transform(({ name, image, ports, env }) => ({
    ...{ name, image: image ?? '', ports },
    env: Object.fromEntries(env.flatMap(({ name: key, value }) => (value ? [[key, value]] : []))),
  }));

const PodSpec = z.object({ containers: listOf(Container), initContainers: listOf(Container) });

export const PodView = z
  .object({
    metadata: Meta,
    spec: PodSpec,
    status: z.object({ podIP: z.string().nullish(), phase: z.string().nullish() }).nullish(),
  })
  .transform(({ metadata, spec, status }): PodView | undefined => {
    // A Pod on its way out or done is no gateway any more; its Dataplane goes within moments.
    if (metadata.deletionTimestamp || /^(Succeeded|Failed)$/.test(status?.phase ?? ''))
      return undefined;
    const { name, namespace, labels, annotations } = metadata;
    const gateway = annotations['kuma.io/gateway'];
    const all = [...spec.containers, ...spec.initContainers];
    const listens = listenPorts(spec.containers);
    return {
      name,
      namespace: namespace ?? 'default',
      labels,
      ...(gateway === undefined ? {} : { gateway }),
      hasSidecar: all.some((container) => container.name === 'kuma-sidecar'),
      hasIp: Boolean(status?.podIP),
      interception: interceptionOf(annotations),
      ...(listens ? { listens } : {}),
      // Also the sidecar as an init container: the control plane looks for port names in all of them.
      containers: all.map(({ image, ports }) => ({ image, ports })),
      workload: workloadOf(metadata),
    };
  });

/**
 * A ReplicaSet of a Deployment bears its name and the Pod's template hash; the control plane asks for
 * the ReplicaSet instead, which would take one more permission to learn the same.
 */
function workloadOf({ name, labels, ownerReferences }: z.output<typeof Meta>): string {
  const owner = ownerReferences.find(({ controller }) => controller === true) ?? ownerReferences[0];
  if (!owner) return name;
  const hash = labels['pod-template-hash'];
  const suffix = hash === undefined ? undefined : `-${hash}`;
  if (owner.kind !== 'ReplicaSet' || suffix === undefined || !owner.name.endsWith(suffix))
    return owner.name;
  return owner.name.slice(0, -suffix.length);
}

export interface DeploymentView extends ObjectName {
  readonly templateLabels: Readonly<Record<string, string>>;
  readonly gateway?: string;
  readonly images: readonly string[];
  /** Where Kong listens for clients; absent where nothing of the template says it. */
  readonly listens?: readonly number[];
}

export const DeploymentView = z
  .object({
    metadata: Meta,
    spec: z.object({
      template: z.object({
        metadata: z.object({ labels: Strings, annotations: Strings }).nullish(),
        spec: PodSpec.nullish(),
      }),
    }),
  })
  .transform(({ metadata, spec }): DeploymentView => {
    const { labels = {}, annotations = {} } = spec.template.metadata ?? {};
    const gateway = annotations['kuma.io/gateway'];
    const listens = listenPorts(spec.template.spec?.containers ?? []);
    return {
      name: metadata.name,
      namespace: metadata.namespace ?? 'default',
      ...(listens ? { listens } : {}),
      templateLabels: labels,
      ...(gateway === undefined ? {} : { gateway }),
      images: (spec.template.spec?.containers ?? []).map(({ image }) => image),
    };
  });

/** Endpoints of a Service as one slice counts them. */
export interface EndpointSliceView extends ObjectName {
  readonly service: string;
  readonly addressType: string;
  readonly total: number;
  readonly ready: number;
}

export const EndpointSliceView = z
  .object({
    metadata: Meta,
    addressType: z.string().nullish(),
    endpoints: listOf(
      z.object({ conditions: z.object({ ready: z.boolean().nullish() }).nullish() }),
    ),
  })
  .transform(({ metadata, addressType, endpoints }): EndpointSliceView | undefined => {
    const service = metadata.labels['kubernetes.io/service-name'];
    if (!service) return undefined;
    return {
      name: metadata.name,
      namespace: metadata.namespace ?? 'default',
      service,
      addressType: addressType ?? 'IPv4',
      total: endpoints.length,
      // Unknown counts as ready, as the API asks of its readers.
      ready: endpoints.filter(({ conditions }) => conditions?.ready !== false).length,
    };
  });

export interface IngressClassView {
  readonly name: string;
  readonly controller: string;
  /** It counts for every Ingress that names no class. */
  readonly isDefault?: true;
  readonly parameters?: {
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
  };
}

export const IngressClassView = z
  .object({
    metadata: Meta,
    spec: z
      .object({
        controller: z.string().nullish(),
        parameters: z
          .object({ kind: z.string(), name: z.string(), namespace: z.string().nullish() })
          .nullish(),
      })
      .nullish(),
  })
  .transform(({ metadata, spec }): IngressClassView => {
    const { kind, name, namespace } = spec?.parameters ?? {};
    return {
      name: metadata.name,
      controller: spec?.controller ?? '',
      ...(metadata.annotations['ingressclass.kubernetes.io/is-default-class'] === 'true'
        ? { isDefault: true as const }
        : {}),
      ...(kind === undefined || name === undefined
        ? {}
        : { parameters: { kind, name, ...(namespace ? { namespace } : {}) } }),
    };
  });

export interface IngressClassParametersView extends ObjectName {
  readonly serviceUpstream: boolean;
}

export const IngressClassParametersView = z
  .object({
    metadata: Meta,
    spec: z.object({ serviceUpstream: z.boolean().nullish() }).nullish(),
  })
  .transform(({ metadata, spec }): IngressClassParametersView => ({
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    serviceUpstream: spec?.serviceUpstream === true,
  }));

/** Whether a label selector of equalities selects these labels; an empty one selects nothing. */
export function selects(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

function pick(
  map: Readonly<Record<string, string>>,
  keys: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    keys.flatMap((key) => (map[key] === undefined ? [] : [[key, map[key]]])),
  );
}
