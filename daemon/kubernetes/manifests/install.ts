/** The daemon as a sidecar of Kong, with a role for what it does and nothing else. */
import { configMap } from './config-map';
import type { GatewayForm } from './gateway';
import { helmValues, type HelmValues } from './helm-values';
import type { Manifest } from './manifest';
import { dataPlane, gatewayConfiguration } from './operator';
import { deploymentPatch, podParts } from './pod';
import { roles } from './roles';

/** A kind of objects that is read. */
export interface ReadRule {
  readonly group: string;
  readonly plural: string;
  /** Only in the namespace of the gateway. */
  readonly gatewayOnly: boolean;
}

export interface InstallOptions {
  readonly reads: readonly ReadRule[];
  readonly deployment: string;
  readonly namespace: string;
  /** Of Kong's Pods: the sidecar has no other. */
  readonly serviceAccount: string;
  readonly image: string;
  readonly mesh: string;
  /** Labels of Kong's Pods, such as `app=kong-gateway`. */
  readonly selector?: string | undefined;
  /** The wanted `kuma.io/service`, where one is wanted. */
  readonly service?: string | undefined;
  /** Whether the daemon may annotate the Services of Kong's namespace. */
  readonly align: boolean;
  /** Whether the daemon may annotate the Services that Kong's routes lead to, in all namespaces. */
  readonly serviceUpstream: boolean;
  /** Whether the daemon may write Events of its findings on its own Pod. */
  readonly events: boolean;
  /** Whether the plugin server runs beside Kong too, and Kong is told of it. */
  readonly pluginServer: boolean;
  /** Whether an ingress controller writes Kong's configuration: the daemon then keeps the snapshot alone. */
  readonly ingressController: boolean;
  /** The container in which Kong itself runs. */
  readonly kongContainer: string;
  readonly form: PodForm;
  /** What makes the Pods a gateway, where it is said in the same place. */
  readonly gateway: GatewayForm;
  /** Whether replicas elect the one that writes: for a Kong whose nodes share a database. */
  readonly election: boolean;
}

/** The form that Kong's Pods are made in, by whom. */
export const podForms = [
  'deployment',
  'gatewayconfiguration',
  'dataplane',
  'helm-kong',
  'helm-ingress',
] as const;
export type PodForm = (typeof podForms)[number];

/**
 * Roles and configuration, and Kong's Pods with the daemon in them. What is a Deployment is Kong's own,
 * to be applied on the server side: it only gets what is said here. One that Kong Operator makes would
 * be written over, so there its own object says the same.
 */
export function installManifests(options: InstallOptions): readonly (Manifest | HelmValues)[] {
  const objects = [...roles(options), configMap(options)];
  const parts = podParts(options);
  const { namespace, gateway } = options;
  const named = { name: options.deployment, namespace };
  switch (options.form) {
    case 'deployment':
      return [...objects, deploymentPatch(options, parts)];
    case 'gatewayconfiguration':
      return [...objects, gatewayConfiguration(named, parts, gateway)];
    case 'dataplane':
      return [...objects, dataPlane(named, parts, gateway)];
    case 'helm-kong':
      return [helmValues(objects, parts, gateway)];
    case 'helm-ingress':
      return [{ gateway: helmValues(objects, parts, gateway) }];
  }
}
