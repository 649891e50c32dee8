/** What decides which routes a gateway serves, and which Services they may name. */
import * as z from 'zod';

import { listOf, Meta, Name, PortNumber, Strings } from './view-parts';
import type { ObjectName } from './views';

export interface ListenerView {
  readonly name: string;
  readonly port?: number;
  /** From which namespaces routes may attach. */
  readonly from: 'Same' | 'All' | 'None' | SelectorView;
}

export interface SelectorView {
  readonly labels: Readonly<Record<string, string>>;
  readonly expressions: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

export interface GatewayView extends ObjectName {
  readonly gatewayClass: string;
  readonly listeners: readonly ListenerView[];
  /** By its status routes are attached to it, of whichever kind. */
  readonly used?: true;
  /** Why Kong does not serve it, by its status. */
  readonly problem?: string;
}

export interface GatewayClassView {
  readonly name: string;
  readonly controller: string;
}

export interface ReferenceGrantView extends ObjectName {
  readonly from: readonly { readonly group: string; readonly kind: string; namespace: string }[];
  readonly to: readonly { readonly group: string; readonly kind: string; readonly name?: string }[];
}

/** Kong's stand-in for a Service, so that one Service can have several sets of annotations. */
export interface ServiceFacadeView extends ObjectName {
  readonly service: string;
  readonly port?: number | string;
}

export interface NamespaceView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const Port = PortNumber.nullish();

const Selector = z
  .object({
    matchLabels: Strings,
    matchExpressions: listOf(
      z.object({ key: z.string(), operator: z.string(), values: listOf(z.string()) }),
    ),
  })
  .transform(({ matchLabels, matchExpressions }): SelectorView => ({
    labels: matchLabels,
    expressions: matchExpressions,
  }));

const Listener = z
  .object({
    name: z.string().nullish(),
    port: Port,
    allowedRoutes: z
      .object({
        namespaces: z
          .object({
            from: z.string().nullish(),
            selector: Selector.nullish(),
          })
          .nullish(),
      })
      .nullish(),
  })
  .transform(({ name, port, allowedRoutes }): ListenerView => ({
    name: name ?? '',
    ...(port ? { port } : {}),
    from: fromOf(allowedRoutes?.namespaces?.from, allowedRoutes?.namespaces?.selector),
  }));

function fromOf(
  from: string | null | undefined,
  selector: SelectorView | null | undefined,
): ListenerView['from'] {
  if (from === 'All' || from === 'None') return from;
  return from === 'Selector' ? (selector ?? { labels: {}, expressions: [] }) : 'Same';
}

/** As Kubernetes reads label selectors; an operator that it does not have selects nothing. */
export function selectsLabels(
  { labels, expressions }: SelectorView,
  of: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(labels).every(([key, value]) => of[key] === value) &&
    expressions.every(({ key, operator, values }) => {
      const value = of[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}

const Condition = z.object({ type: z.string(), status: z.string(), reason: z.string().nullish() });

/** Until a controller takes a Gateway up, its conditions are Unknown: the CRD itself gives it those. */
function problemIn(conditions: readonly z.output<typeof Condition>[]): { problem?: string } {
  const bad = conditions.find(
    ({ type, status }) => (type === 'Accepted' || type === 'Programmed') && status !== 'True',
  );
  if (!bad) return {};
  const reason = bad.reason ?? 'no reason given';
  return { problem: `${bad.type} is ${bad.status} (${reason})` };
}

export const GatewayView = z
  .object({
    metadata: Meta,
    spec: z.object({ gatewayClassName: z.string(), listeners: listOf(Listener) }),
    // A Gateway with an odd status is a Gateway all the same.
    status: z
      .object({
        conditions: listOf(Condition),
        listeners: listOf(z.object({ attachedRoutes: z.number().nullish() })),
      })
      .nullish()
      .catch(null),
  })
  .transform(({ metadata, spec, status }): GatewayView => ({
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    gatewayClass: spec.gatewayClassName,
    listeners: spec.listeners,
    ...(status?.listeners.some(({ attachedRoutes }) => (attachedRoutes ?? 0) > 0)
      ? { used: true as const }
      : {}),
    ...problemIn(status?.conditions ?? []),
  }));

export const GatewayClassView = z
  .object({ metadata: Meta, spec: z.object({ controllerName: z.string() }) })
  .transform(({ metadata, spec }): GatewayClassView => ({
    name: metadata.name,
    controller: spec.controllerName,
  }));

export const ReferenceGrantView = z
  .object({
    metadata: Meta,
    spec: z.object({
      from: listOf(z.object({ group: z.string(), kind: z.string(), namespace: z.string() })),
      to: listOf(z.object({ group: z.string(), kind: z.string(), name: z.string().nullish() })),
    }),
  })
  .transform(({ metadata, spec }): ReferenceGrantView => ({
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    from: spec.from,
    to: spec.to.map(({ group, kind, name }) => ({ group, kind, ...(name ? { name } : {}) })),
  }));

export const ServiceFacadeView = z
  .object({
    metadata: Meta,
    spec: z.object({
      backendRef: z.object({ name: Name, port: z.union([PortNumber, z.string()]).nullish() }),
    }),
  })
  .transform(({ metadata, spec: { backendRef } }): ServiceFacadeView => ({
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    service: backendRef.name,
    ...(backendRef.port ? { port: backendRef.port } : {}),
  }));

export const NamespaceView = z
  .object({ metadata: Meta })
  .transform(({ metadata: { name, labels } }): NamespaceView => ({ name, labels }));
