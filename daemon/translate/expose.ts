/** The rules under `expose:` applied to the whole catalog: entities of ours, beside the user's. */
import type { Catalog } from '../../catalog/catalog';
import type { Failure } from '../../catalog/error';
import { fullReference, type MeshService, type MeshServicePort } from '../../catalog/service';
import { entityLabel, type Entity } from '../kong/model';
import { abridged } from './abridged';
import { translateErrors } from './errors';
import { renderExposure, type Exposure, type ExposureContext, type NotExposed } from './exposure';
import type { ExposeRule } from './rules';
import { namesPort } from './template';

export interface Exposed {
  readonly entities: readonly Entity[];
  readonly failures: readonly Failure[];
}

/**
 * Everything that the rules make. A name that the user has already, and one that two mesh services
 * would take, is reported and not made: which of them was meant is not ours to guess.
 */
export function expose(
  catalog: Catalog,
  user: readonly Entity[],
  context: ExposureContext,
): Exposed {
  const failures: Failure[] = [];
  const exposures: Exposure[] = [];
  for (const [position, rule] of context.rules.expose.entries()) {
    const label = rule.name ?? `#${position + 1}`;
    const matches = matcherOf(rule);
    for (const service of catalog.services) {
      if (!matches(service) || isShadowed(service, catalog, matches)) continue;
      for (const made of exposuresOf(rule, label, service, context)) {
        if (isExposure(made)) exposures.push(made);
        else failures.push(notExposed(made, label, fullReference(service)));
      }
    }
  }
  const free = withoutTaken(exposures, user, failures);
  const kept = withoutContested(free, failures);
  return { entities: kept.flatMap(({ entities }) => entities), failures };
}

/**
 * The same service may be in the catalog by several resources. Where its reference leads to another
 * one that the rule matches too, that one is exposed instead.
 */
function isShadowed(
  service: MeshService,
  catalog: Catalog,
  matches: (service: MeshService) => boolean,
): boolean {
  // Without a port first: a tag is served at port 80 whatever port its MeshService has.
  const name = fullReference(service);
  const named = catalog.find({ service: name });
  if (named.found) return named.service !== service && matches(named.service);
  const port = service.ports[0]?.port;
  const own = port === undefined ? named : catalog.find({ service: name, port });
  if (own.found) return own.service !== service && matches(own.service);
  // The reference leads to a service with several ports, none of which is this one's.
  return named.miss.reason === 'port-needed';
}

function matcherOf({ match }: ExposeRule): (service: MeshService) => boolean {
  const matchesName = match.name === undefined ? undefined : globMatcher(match.name);
  const labels = Object.entries(match.labels ?? {});
  return (service) =>
    (matchesName === undefined || matchesName(service.name)) &&
    (match.namespace === undefined || match.namespace === service.namespace) &&
    (match.zone === undefined || match.zone === service.zone) &&
    (match.kind === undefined || match.kind === service.kind) &&
    labels.every(([key, value]) => service.labels[key] === value);
}

/** `*` is any number of characters, all else stands for itself; in time linear in the name. */
function globMatcher(glob: string): (name: string) => boolean {
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return (name) => name === first;
  return (name) => {
    const end = name.length - last.length;
    if (end < first.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = name.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

function exposuresOf(
  rule: ExposeRule,
  label: string,
  service: MeshService,
  context: ExposureContext,
): readonly (Exposure | NotExposed)[] {
  const ports = portsOf(rule, service);
  if (!Array.isArray(ports)) return [ports as NotExposed];
  return (ports as readonly MeshServicePort[]).map((port) =>
    renderExposure(rule, label, service, port, context),
  );
}

function portsOf(rule: ExposeRule, service: MeshService): readonly MeshServicePort[] | NotExposed {
  const { ports } = service;
  const listed = ports.map(({ port, name }) => (name === undefined ? port : `${port} (${name})`));
  if (rule.port !== undefined) {
    const wanted = String(rule.port);
    const found = ports.find(({ port, name }) => String(port) === wanted || name === wanted);
    if (found) return [found];
    const cause = `it has no port ${wanted}, only ${listed.join(', ') || 'none'}`;
    return { code: 'EXPOSE_INVALID', details: { cause, hint: 'Correct the port of the rule.' } };
  }
  if (ports.length === 1 || namesPort(rule.service['name'])) return ports;
  if (ports.length > 1)
    return { code: 'EXPOSE_PORT_NEEDED', details: { ports: listed.join(', ') } };
  const hint = 'Narrow the match, or give the mesh service a port.';
  return { code: 'EXPOSE_INVALID', details: { cause: 'it has no port', hint } };
}

function withoutTaken(
  exposures: readonly Exposure[],
  user: readonly Entity[],
  failures: Failure[],
): readonly Exposure[] {
  if (exposures.length === 0) return exposures;
  const names = new Set(user.map(claimKey));
  const ids = new Set(user.map(({ type, id }) => `${type} ${id}`));
  return exposures.filter(({ rule, reference, entities }) => {
    const taken = entities.find(
      (entity) => names.has(claimKey(entity)) || ids.has(`${entity.type} ${entity.id}`),
    );
    if (!taken) return true;
    const details = { rule, service: reference, taken: entityLabel(taken) };
    const context = { entity: entityLabel(taken) };
    failures.push(translateErrors.failure('EXPOSE_NAME_TAKEN', details, context));
    return false;
  });
}

function withoutContested(
  exposures: readonly Exposure[],
  failures: Failure[],
): readonly Exposure[] {
  const claims = new Map<string, { entity: Entity; by: Exposure[] }>();
  for (const exposure of exposures) {
    for (const entity of exposure.entities) {
      const claim = claims.get(claimKey(entity));
      if (claim) claim.by.push(exposure);
      else claims.set(claimKey(entity), { entity, by: [exposure] });
    }
  }
  const contested = new Set<Exposure>();
  for (const { entity, by } of claims.values()) {
    if (by.length < 2) continue;
    // Routes and plugins of a contested service are contested with it: one finding says it.
    if (entity.type === 'plugins' || by.every((exposure) => contested.has(exposure))) continue;
    for (const exposure of by) contested.add(exposure);
    const services = by.map(({ rule, reference }) => `${reference} (rule ${rule})`);
    const taken = entityLabel(entity);
    const details = { services: abridged(services.sort()), taken };
    failures.push(translateErrors.failure('EXPOSE_AMBIGUOUS', details, { entity: taken }));
  }
  return exposures.filter((exposure) => !contested.has(exposure));
}

function notExposed({ code, details }: NotExposed, rule: string, service: string): Failure {
  const context = { entity: `expose rule ${rule}` };
  return translateErrors.failure(code, { ...details, rule, service }, context);
}

function claimKey({ type, key }: Entity): string {
  return `${type} ${key}`;
}

function isExposure(made: Exposure | NotExposed): made is Exposure {
  return 'entities' in made;
}
