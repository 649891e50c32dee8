/** The requests of `check`: of routes by name, of paths, or of every route that leads into the mesh. */
import { nearest } from '../../catalog/nearest';
import type { MeshService } from '../../catalog/service';
import type { ClusterService } from '../check/cluster-name';
import { probeOf, type Probe, type ProbeOverrides } from '../check/probe-request';
import type { ClusterRouteFacts, Facts } from '../doctor/facts';
import { nameOf } from '../doctor/name-of';
import { createView, type FactsView } from '../doctor/view';
import type { Entity } from '../kong/model';
import { cliErrors } from './errors';

/** A request with what it should come to. */
export interface CheckCase {
  readonly name: string;
  readonly probe: Probe;
  /** The mesh services that it may lead to. */
  readonly expected: readonly ClusterService[];
  /** The route names them; else they are all that there are. */
  readonly isLinked: boolean;
}

/** @throws MeshdError CHECK_ROUTE, NO_DESTINATIONS */
export function checkCases(
  facts: Facts,
  asked: readonly string[],
  overrides: ProbeOverrides,
): readonly CheckCase[] {
  const everything = (facts.catalog?.services ?? []).map(clusterService);
  const view = createView(facts);
  const routes = view.entities('routes');
  const ofKong = (route: Entity): CheckCase => {
    const expected = linkedServices(view, route);
    const isLinked = expected.length > 0;
    return {
      ...{ name: nameOf(route), probe: probeOf(route, overrides), isLinked },
      expected: isLinked ? expected : everything,
    };
  };
  const ofCluster = (facts.cluster?.routes ?? []).map((route) => ({
    route,
    ofIt: clusterCase(route, facts, everything, overrides),
  }));
  if (asked.length === 0) {
    const linked = routes.map(ofKong).filter(({ isLinked }) => isLinked);
    const all = [...linked, ...ofCluster.map(({ ofIt }) => ofIt)];
    if (all.length === 0) throw cliErrors.error('NO_DESTINATIONS');
    return all;
  }
  return asked.flatMap((name): readonly CheckCase[] => {
    const route = routes.find((one) => nameOf(one) === name || one.id === name);
    if (route) return [{ ...ofKong(route), name }];
    const named = ofCluster.filter(({ route: one, ofIt }) => isCalled(name, one, ofIt.name));
    if (named.length > 0) return named.map(({ ofIt }) => ofIt);
    if (name.startsWith('/')) {
      const request = { method: overrides.method ?? 'GET', path: name, headers: overrides.headers };
      return [{ name, probe: { ok: true, request }, expected: everything, isLinked: false }];
    }
    const known = [...routes.map(nameOf), ...ofCluster.map(({ route: one }) => one.name)];
    const near = nearest(name, known).join(', ') || 'none is like it';
    throw cliErrors.error('CHECK_ROUTE', { name, near });
  });
}

/** A link of the route itself counts before that of its service. */
function linkedServices({ linked }: FactsView, route: Entity): readonly ClusterService[] {
  const service = route.references['service']?.id;
  const own = linked.find(({ link }) => link.routeId === route.id);
  const found =
    own ??
    linked.find(
      ({ link, kong }) => link.routeId === undefined && kong !== undefined && kong.id === service,
    );
  if (!found) return [];
  return [clusterService({ ...found.service, ports: [found.port] })];
}

/** `orders`, `shop/orders`, `HTTPRoute shop/orders`, or one rule of it as the rows call it. */
function isCalled(asked: string, { kind, namespace, name }: ClusterRouteFacts, row: string) {
  return [name, `${namespace}/${name}`, `${kind} ${namespace}/${name}`, row].includes(asked);
}

function clusterCase(
  route: ClusterRouteFacts,
  facts: Facts,
  everything: readonly ClusterService[],
  overrides: ProbeOverrides,
): CheckCase {
  const { kind, namespace, name, match, backends } = route;
  const rule =
    match.rule === 0 ? '' : `, ${kind === 'Ingress' ? 'path' : 'rule'} ${match.rule + 1}`;
  const services = (facts.catalog?.services ?? []).filter(isOfCluster);
  const expected = backends.map((backend): ClusterService => {
    const known = services.filter(
      (one) => one.name === backend.name && one.namespace === backend.namespace,
    );
    const [first, ...others] = known.map(clusterService);
    // A Service that is not in the mesh has no cluster, and nothing may pass for it.
    if (!first) return { name: backend.name, namespace: backend.namespace, tags: [] };
    return { ...first, tags: [...first.tags, ...others.flatMap(({ tags }) => tags)] };
  });
  // A plugin may send it to any service of the mesh.
  const isLinked = expected.length > 0 && !match.plugged;
  return {
    name: `${kind} ${namespace}/${name}${rule}`,
    probe: probeOfMatch(match, overrides),
    expected: isLinked ? expected : everything,
    isLinked,
  };
}

function isOfCluster({ kind }: MeshService): boolean {
  return kind === 'KubernetesService' || kind === 'MeshService';
}

function probeOfMatch(match: ClusterRouteFacts['match'], overrides: ProbeOverrides): Probe {
  const { host, path, method, headers, problem } = match;
  const isTold = overrides.path !== undefined || Object.keys(overrides.headers).length > 0;
  if (problem !== undefined && !(isTold && problem.includes('pattern'))) {
    return { ok: false, reason: problem };
  }
  // Nothing that may change something is sent without being asked for.
  const asked = overrides.method ?? method ?? 'GET';
  if (overrides.method === undefined && asked !== 'GET' && asked !== 'HEAD') {
    return { ok: false, reason: `it takes ${asked} alone; ask with --method` };
  }
  return {
    ok: true,
    request: {
      ...{ method: asked, path: overrides.path ?? path },
      ...(host === undefined ? {} : { host }),
      headers: { ...headers, ...overrides.headers },
    },
  };
}

function clusterService({ name, namespace, zone, ports }: MeshService): ClusterService {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(zone === undefined ? {} : { zone }),
    tags: ports.flatMap(({ tag }) => tag ?? []),
    ports: ports.flatMap((port) => [port.port, ...(port.name === undefined ? [] : [port.name])]),
  };
}
