/**
 * The config-time link by host, where the user asked to `adopt`: a Kong service whose host already is
 * an address of the mesh. Only literal forms count, so that a public host name is never taken over.
 */
import type { Catalog } from '../../../catalog/catalog';
import type { Failure } from '../../../catalog/error';
import type { LookupResult } from '../../../catalog/lookup';
import type { MeshService } from '../../../catalog/service';
import { entityLabel, type Entity } from '../../kong/model';
import { translateErrors } from '../errors';
import {
  asText,
  isSecret,
  shownField,
  type LinkClaim,
  type LinkFinder,
  type LinkWish,
} from '../link-claim';

/** Names that only the mesh answers: `orders.mesh`, `orders.svc.mesh.local`, `…svc.west.mesh.local`. */
const meshForm = /^.+\.mesh$|^.+\.(svc|mzsvc|extsvc)(\.[^.]+)?\.mesh\.local$/;
/** Names that Kubernetes answers for every Service, in the mesh or not. */
const kubernetesForm = /^[^.]+\.[^.]+\.svc(\.cluster\.local)?$/;
/** The dotted twin of a legacy tag: `orders.shop.svc.8080.mesh` for `orders_shop_svc_8080.mesh`. */
const dottedTag = /^([^.]+)\.([^.]+)\.svc\.(\d+)$/;

export const hostLink: LinkFinder = {
  kind: 'host',
  find(index, rules, catalog) {
    const claims: LinkClaim[] = [];
    const failures: Failure[] = [];
    if (!rules.adopt) return { claims, failures };
    for (const service of index.ofType('services')) {
      const host = hostOf(service);
      // A host that names an upstream entity is that upstream to Kong, whatever it looks like.
      if (host === undefined || index.hasUpstream(host)) continue;
      const ofKubernetes = kubernetesForm.test(host);
      if (!ofKubernetes && !meshForm.test(host)) continue;
      const port = asText(service.fields['port']);
      const names = namesOf(host);
      const wish: LinkWish = {
        text: textOf(service, port),
        choice: rules.address,
        names,
        lookUp: (looked) => lookUpNames(looked, names, port),
        secret: isSecret(service, ['host']),
      };
      const missing = ofKubernetes && isUnknown(wish.lookUp(catalog));
      // Plain Services share this form: one outside the mesh is a finding, not a link that fails.
      if (missing) failures.push(notInMesh(service, wish.text));
      else claims.push({ kind: 'host', entity: service, service, wish });
    }
    return { claims, failures };
  },
};

function textOf(service: Entity, port: string | undefined): string {
  const host = shownField(service, 'host');
  return port === undefined || isSecret(service, ['host']) ? host : `${host}:${port}`;
}

/** Without its DNS the mesh gives no host name for a tag, but `<tag>.mesh` always stands for it. */
function namesOf(host: string): readonly string[] {
  if (!host.endsWith('.mesh')) return [host];
  const tag = host.slice(0, -'.mesh'.length);
  const [, name, namespace, port] = dottedTag.exec(tag) ?? [];
  if (name === undefined || namespace === undefined || port === undefined) return [host, tag];
  return [host, tag, `${name}_${namespace}_svc_${port}`];
}

/** The first name that the mesh knows decides. */
function lookUpNames(
  catalog: Catalog,
  names: readonly string[],
  port: string | undefined,
): LookupResult<MeshService> {
  for (const name of names) {
    const result = lookUpName(catalog, name, port);
    if (!isUnknown(result)) return result;
  }
  return { found: false, miss: { reason: 'unknown-service' } };
}

/**
 * A name that stands for one port needs no number, and 80 is then the one that the mesh serves it
 * at. Otherwise the service's own port decides, by default Kong's 80.
 */
function lookUpName(
  catalog: Catalog,
  name: string,
  port: string | undefined,
): LookupResult<MeshService> {
  const bare = catalog.find({ service: name });
  if (bare.found) {
    const served = [bare.port.port, bare.port.servedAt?.port].map(String);
    if (port === undefined || served.includes(port)) return bare;
    return catalog.find({ service: name, port });
  }
  if (bare.miss.reason !== 'port-needed') return bare;
  const numbered = catalog.find({ service: name, port: port ?? 80 });
  return numbered.found || port !== undefined ? numbered : bare;
}

function hostOf(service: Entity): string | undefined {
  const host = service.fields['host'];
  return typeof host === 'string' ? host.toLowerCase().replace(/\.$/, '') : undefined;
}

function isUnknown(result: LookupResult<MeshService>): boolean {
  return !result.found && result.miss.reason === 'unknown-service';
}

function notInMesh(service: Entity, reference: string): Failure {
  return translateErrors.failure(
    'LINK_HOST_NOT_IN_MESH',
    { reference, hint: '' },
    { entity: entityLabel(service), place: service.origin?.place },
  );
}
