/** The daemon as a sidecar of Kong, with a role for what it does and nothing else. */
import { stringify } from 'yaml';

import type { Manifest } from './manifest';

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
  /** Whether replicas elect the one that writes: for a Kong whose nodes share a database. */
  readonly election: boolean;
}

/**
 * A young generation of 4 MB instead of 16: of a large cluster most of a pass is garbage at once, and
 * this halves the memory that it takes up (5,000 Services: 120 MB instead of 155 at rest).
 */
export const nodeOptions = '--max-semi-space-size=4';

const name = 'kong-meshd';
const labels = { 'app.kubernetes.io/name': name };

/** To be applied on the server side: the Deployment is Kong's own, and only gets what is said here. */
export function installManifests(options: InstallOptions): readonly Manifest[] {
  return [...roles(options), configMap(options), deploymentWithSidecar(options)];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Of the leases of the namespace only its own; what is not there yet cannot be named. */
const leaseRules: readonly Rule[] = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [name],
    verbs: ['get', 'update'],
  },
];

const annotateServices: Rule = { apiGroups: [''], resources: ['services'], verbs: ['patch'] };

function roles(options: InstallOptions): readonly Manifest[] {
  const { namespace, reads, align, serviceUpstream, election } = options;
  const rbac = 'rbac.authorization.k8s.io';
  const apiVersion = `${rbac}/v1`;
  const subjects = [{ kind: 'ServiceAccount', name: options.serviceAccount, namespace }];
  const local: readonly Rule[] = [
    ...readRules(reads.filter(({ gatewayOnly }) => gatewayOnly)),
    ...(align ? [annotateServices] : []),
    ...(election ? leaseRules : []),
  ];
  // Cluster-wide names are shared by all installations of a cluster.
  const clusterName = `${name}-${namespace}`;
  return [
    {
      ...{ apiVersion, kind: 'ClusterRole', metadata: { name: clusterName, labels } },
      rules: [
        ...readRules(reads.filter(({ gatewayOnly }) => !gatewayOnly)),
        ...(serviceUpstream ? [annotateServices] : []),
      ],
    },
    {
      ...{ apiVersion, kind: 'ClusterRoleBinding', metadata: { name: clusterName, labels } },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: clusterName },
      subjects,
    },
    { apiVersion, kind: 'Role', metadata: { name, namespace, labels }, rules: local },
    {
      ...{ apiVersion, kind: 'RoleBinding', metadata: { name, namespace, labels } },
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects,
    },
  ];
}

/** One rule per API group. */
function readRules(reads: readonly ReadRule[]): readonly Rule[] {
  const groups = [...new Set(reads.map(({ group }) => group))].sort();
  return groups.map((group) => ({
    apiGroups: [group],
    resources: reads.flatMap((read) => (read.group === group ? [read.plural] : [])).sort(),
    verbs: ['get', 'list', 'watch'],
  }));
}

function configMap(options: InstallOptions): Manifest {
  const { namespace, mesh, selector, service, align, serviceUpstream, election } = options;
  const admin = { url: 'http://127.0.0.1:8001' };
  const config = {
    mesh,
    sources: [
      {
        kubernetes: {
          gateway: { namespace, ...(selector === undefined ? {} : { selector }) },
        },
      },
    ],
    kong: {
      config: '/etc/kong-meshd/kong.yml',
      // Where each node has a configuration of its own there is nothing to elect a writer for.
      target: election ? { admin } : { dbless: admin },
    },
    gateway: {
      environment: 'kubernetes',
      ...(service === undefined ? {} : { service }),
      // As far as the role lets it: without --align it may not annotate anything.
      align: align ? 'enforce' : 'observe',
      ...(serviceUpstream ? { serviceUpstream: 'enforce' } : {}),
    },
    ...(election ? { election: { kubernetes: { namespace, name } } } : {}),
    stateFile: '/var/lib/kong-meshd/state.json',
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data: { 'kong-meshd.yaml': stringify(config), 'kong.yml': '_format_version: "3.0"\n' },
  };
}

function deploymentWithSidecar({ deployment, namespace, image }: InstallOptions): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: deployment, namespace },
    spec: {
      template: {
        spec: {
          // The variables that Kubernetes injects for Services look like settings of Kong and kong-meshd.
          enableServiceLinks: false,
          containers: [
            {
              name,
              image,
              args: ['run', '--config', '/etc/kong-meshd/kong-meshd.yaml'],
              env: [{ name: 'NODE_OPTIONS', value: nodeOptions }],
              resources: {
                requests: { cpu: '50m', memory: '128Mi' },
                limits: { memory: '256Mi' },
              },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                runAsUser: 65532,
              },
              volumeMounts: [
                { name: 'kong-meshd-config', mountPath: '/etc/kong-meshd', readOnly: true },
                { name: 'kong-meshd-state', mountPath: '/var/lib/kong-meshd' },
              ],
            },
          ],
          volumes: [
            { name: 'kong-meshd-config', configMap: { name } },
            { name: 'kong-meshd-state', emptyDir: {} },
          ],
        },
      },
    },
  };
}
