/** What makes a Deployment of Kong a delegated gateway: a patch of its Pod template. */
import type { Manifest } from './manifest';

export interface GatewayOptions {
  readonly deployment: string;
  readonly namespace: string;
  /** Where it is not the default mesh. */
  readonly mesh?: string | undefined;
}

export function gatewayPatch({ deployment, namespace, mesh }: GatewayOptions): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: deployment, namespace },
    spec: { template: { metadata: gatewayMetadata({ mesh }) } },
  };
}

/** Of the Pods of a gateway. */
export function gatewayMetadata({ mesh }: Pick<GatewayOptions, 'mesh'>) {
  return {
    labels: {
      'kuma.io/sidecar-injection': 'enabled',
      ...(mesh === undefined ? {} : { 'kuma.io/mesh': mesh }),
    },
    annotations: { 'kuma.io/gateway': 'enabled' },
  };
}
