/** The two objects that make Kong's ingress controller send to Services instead of Pods. */
import { kongController } from '../service-upstream';
import type { Manifest } from './manifest';

export interface ServiceUpstreamOptions {
  readonly ingressClass: string;
  /** Where the parameters lie; the class itself has no namespace. */
  readonly namespace: string;
}

export function serviceUpstreamManifests({
  ingressClass,
  namespace,
}: ServiceUpstreamOptions): readonly Manifest[] {
  const name = `${ingressClass}-params`;
  return [
    {
      apiVersion: 'configuration.konghq.com/v1alpha1',
      kind: 'IngressClassParameters',
      metadata: { name, namespace },
      spec: { serviceUpstream: true },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: ingressClass },
      spec: {
        controller: kongController,
        parameters: {
          apiGroup: 'configuration.konghq.com',
          kind: 'IngressClassParameters',
          name,
          scope: 'Namespace',
          namespace,
        },
      },
    },
  ];
}
