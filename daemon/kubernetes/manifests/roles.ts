/** What the daemon may do in a cluster: read what it watches, and write only what it is told to. */
import type { InstallOptions, ReadRule } from './install';
import { daemonName as name, labels, type Manifest } from './manifest';

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

const writeEvents: Rule = {
  apiGroups: ['events.k8s.io'],
  resources: ['events'],
  verbs: ['create', 'patch'],
};
const annotateServices: Rule = { apiGroups: [''], resources: ['services'], verbs: ['patch'] };

export function roles(options: InstallOptions): readonly Manifest[] {
  const { namespace, reads, align, serviceUpstream, election } = options;
  const rbac = 'rbac.authorization.k8s.io';
  const apiVersion = `${rbac}/v1`;
  const subjects = [{ kind: 'ServiceAccount', name: options.serviceAccount, namespace }];
  const local: readonly Rule[] = [
    ...readRules(reads.filter(({ gatewayOnly }) => gatewayOnly)),
    ...(align ? [annotateServices] : []),
    ...(election ? leaseRules : []),
    ...(options.events ? [writeEvents] : []),
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
