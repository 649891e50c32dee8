/** A mesh service that the gateway calls, as far as policies need to select it. */
export interface Destination {
  /** `MeshService`, `KubernetesService`, `LegacyService` and so on. */
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly zone?: string;
  /** Name of its resource in the control plane. */
  readonly resource: string;
  readonly port: number;
  /** The `kuma.io/service` value that stands for exactly this service and port. */
  readonly tag?: string;
  /** Labels of the Dataplanes that serve it, where they are known. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Labels of the mesh service itself. */
  readonly ownLabels: Readonly<Record<string, string>>;
}

/** `orders.shop`, `orders.shop.east` */
export function referenceTo({ name, namespace, zone }: Destination): string {
  return [name, namespace, zone].filter((part) => part !== undefined).join('.');
}

/** Only what has proxies of this mesh asks for permission; the others are let out by the egress. */
export function hasProxies({ kind }: Destination): boolean {
  return kind !== 'MeshExternalService' && kind !== 'ExternalService';
}
