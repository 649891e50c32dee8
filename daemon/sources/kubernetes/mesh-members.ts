/**
 * The Services that the mesh has taken in. To dial another one would leave the mesh silently, so each
 * needs a sign: a MeshService, a Dataplane that it leads to, or the annotations that the control plane
 * gives the Services of a namespace with injection.
 */
import type { MeshService } from '../../../catalog/service';
import { ignoreAnnotation, isIgnored } from '../../kubernetes/ignore';
import type { Endpoints } from '../../kubernetes/map-service';
import type { ServiceView } from '../../kubernetes/views';
import type { ClusterFacts } from './cluster-facts';
import { rememberLast } from './remember-last';
import { keyOf } from './service-index';
import type { DataplaneFacts } from './watched-kinds';

export interface MeshMembers {
  readonly isMember: (service: ServiceView) => boolean;
  /** Whether it has Pods and none of them has a sidecar; absent where that is not known. */
  readonly lacksProxies?: (service: ServiceView) => boolean;
  /** As long as each of these is what it was, what the functions say of one Service is, too. */
  readonly basis: readonly unknown[];
}

export interface MemberOptions {
  readonly mesh: string;
  /** `namespace/name` of the gateway's own Services. */
  readonly ofGateway: ReadonlySet<string>;
  readonly endpoints: ReadonlyMap<string, Endpoints>;
}

/** Of thousands of Services one changed: of the others it is known as long as the signs are the same. */
export function rememberMembers(): (facts: ClusterFacts, options: MemberOptions) => MeshMembers {
  const signsOf = rememberLast(findSigns);
  let last: { signs: Signs; others: string; known: WeakMap<ServiceView, boolean> } | undefined;
  return ({ views, absent }, { mesh, ofGateway, endpoints }) => {
    const signs = signsOf(mesh, views.meshServices, views.dataplanes);
    const { here, elsewhere, proxied } = signs;
    const noMesh = absent.has('dataplanes');
    const others = JSON.stringify([noMesh, ...ofGateway]);
    if (last?.signs !== signs || last.others !== others) {
      last = { signs, others, known: new WeakMap() };
    }
    const { known } = last;
    const decide = (service: ServiceView): boolean => {
      const key = keyOf(service);
      if (ofGateway.has(key) || isIgnored(service.annotations[ignoreAnnotation])) return false;
      if (noMesh || service.externalName !== undefined || here.has(key)) return true;
      return isAnnotated(service) && !elsewhere.has(key);
    };
    const lacksProxies = (service: ServiceView): boolean =>
      !proxied.has(keyOf(service)) && (endpoints.get(keyOf(service))?.total ?? 0) > 0;
    return {
      isMember(service) {
        let member = known.get(service);
        if (member === undefined) {
          member = decide(service);
          known.set(service, member);
        }
        return member;
      },
      // Where Dataplanes do not say which Services lead to them, it is not known who has none.
      ...(proxied.size > 0 ? { lacksProxies } : {}),
      basis: [known, endpoints],
    };
  };
}

/** Services, `namespace/name`. */
interface Signs {
  /** Those that lead into this mesh, and those that lead into another one. */
  readonly here: ReadonlySet<string>;
  readonly elsewhere: ReadonlySet<string>;
  /** Those with Dataplanes, of whichever mesh. */
  readonly proxied: ReadonlySet<string>;
}

function findSigns(
  mesh: string,
  meshServices: readonly MeshService[],
  dataplanes: readonly DataplaneFacts[],
): Signs {
  const here = new Set<string>();
  const elsewhere = new Set<string>();
  const proxied = new Set<string>();
  for (const service of meshServices) {
    (service.mesh === mesh ? here : elsewhere).add(madeOf(service));
  }
  for (const dataplane of dataplanes) {
    for (const key of dataplane.services) {
      (dataplane.mesh === mesh ? here : elsewhere).add(key);
      proxied.add(key);
    }
  }
  return { here, elsewhere, proxied };
}

/** The Service that a MeshService was made of, `namespace/name`; empty for one of another zone. */
export function madeOf({ labels, name, namespace }: MeshService): string {
  const of = labels['k8s.kuma.io/service-name'] ?? name;
  return labels['kuma.io/origin'] === 'global' ? '' : `${namespace ?? ''}/${of}`;
}

function isAnnotated({ annotations }: ServiceView): boolean {
  return ['ingress.kubernetes.io', 'nginx.ingress.kubernetes.io'].every(
    (domain) => annotations[`${domain}/service-upstream`] === 'true',
  );
}
