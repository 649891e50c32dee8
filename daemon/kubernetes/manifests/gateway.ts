/**
 * What makes a Deployment of Kong a gateway of the mesh: a patch of its Pod template and, from Kuma 3.0 on,
 * of its Services.
 */
import { ignoreAnnotation } from '../ignore';
import { excludeAnnotation } from '../interception';
import type { Manifest } from './manifest';

/** Until 2.14 an annotation marks a gateway. Nothing does in 3.x: its ports are left to Kong. */
export type GatewayForm =
  | { readonly marked: true }
  | {
      readonly marked: false;
      /** Where Kong listens for clients, in the Pod. */
      readonly ports: readonly number[];
      /** What the mesh knows the Pods by. */
      readonly workload: string;
      /** Kong's own Services, which are no destinations of the mesh. */
      readonly services: readonly string[];
    };

export interface GatewayOptions {
  readonly deployment: string;
  readonly namespace: string;
  /** Where it is not the default mesh. */
  readonly mesh?: string | undefined;
  readonly form: GatewayForm;
}

export function gatewayManifests(options: GatewayOptions): readonly Manifest[] {
  const { deployment, namespace, mesh, form } = options;
  const patch = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: deployment, namespace } },
    spec: { template: { metadata: gatewayMetadata(form, mesh) } },
  };
  const services = form.marked ? [] : form.services;
  return [patch, ...services.map((name) => ignoredService(name, namespace))];
}

/** Of the Pods of a gateway. */
export function gatewayMetadata(form: GatewayForm, mesh?: string) {
  return {
    labels: {
      'kuma.io/sidecar-injection': 'enabled',
      ...(mesh === undefined ? {} : { 'kuma.io/mesh': mesh }),
    },
    annotations: form.marked
      ? { 'kuma.io/gateway': 'enabled' }
      : { [excludeAnnotation]: form.ports.join(','), 'kuma.io/workload': form.workload },
  };
}

export const ignored = { [ignoreAnnotation]: 'true' };

function ignoredService(name: string, namespace: string): Manifest {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, annotations: ignored } };
}
