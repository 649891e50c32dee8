/**
 * Golden folders for where the routes of a cluster lead Kong, and past what. The shapes are those of the
 * ingress controller's own golden tests; what is found must be what it sends to.
 *
 * To add a case: make a folder `test/golden/kubernetes-routes/<case>/` with `in.yaml`, which holds
 *   - `objects`  as the API server has them, as far as they matter; `kind` tells which they are,
 *   - `classes`  as `gateway.classes` of the source, where the case has them,
 *   - `outside`  Services that are not in the mesh; all others are,
 * run `UPDATE_GOLDEN=1 npx jest test/daemon/kubernetes/routes.golden`, and read `golden.yaml`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, stringify } from 'yaml';

import { judgeBackends } from '../../../daemon/kubernetes/judge-backends';
import { routedServices } from '../../../daemon/kubernetes/routed-services';
import type { ServiceView } from '../../../daemon/kubernetes/views';
import { collectFacts, type KindRead } from '../../../daemon/sources/kubernetes/collect-facts';
import {
  kindNames,
  watchedKinds,
  type Kept,
  type KindName,
} from '../../../daemon/sources/kubernetes/watched-kinds';
import { resourceTypes } from '../../../sandbox/kubernetes/resource-types';
import { expectGolden } from '../../support/golden';

const root = join(__dirname, '../../golden/kubernetes-routes');

interface Case {
  readonly objects: readonly any[];
  readonly classes?: readonly string[];
  readonly outside?: readonly string[];
}

function factsOf(objects: readonly any[]) {
  const typeOf = (kind: string) => resourceTypes.find((type) => type.kind === kind)!;
  const read = (name: KindName): KindRead => {
    const { resource, map } = watchedKinds[name];
    const own = objects.filter(({ kind }) => {
      const { group, plural } = typeOf(kind);
      return group === resource.group && plural === resource.plural;
    });
    const kept: (Kept<unknown> | undefined)[] = own.map((object) => map(object));
    return { state: 'read', kept: kept.filter(Boolean) as readonly Kept<never>[] };
  };
  const known = kindNames.map((name) => watchedKinds[name].resource.plural);
  for (const { kind } of objects) expect(known).toContain(typeOf(kind).plural);
  return collectFacts(read, { gatewayNamespace: 'default', namespaces: undefined });
}

function answersOf(name: string): object {
  const given = parse(readFileSync(join(root, name, 'in.yaml'), 'utf8')) as Case;
  const { objects, classes, outside = [] } = given;
  const { views, failures } = factsOf(objects);
  const routing = routedServices(views, { classes, gatewayNamespace: 'default' });
  const services = new Map(views.services.map((one) => [`${one.namespace}/${one.name}`, one]));
  const judged = judgeBackends(routing, views.services, {
    find: (key) => services.get(key),
    isMember: ({ namespace, name: service }) => !outside.includes(`${namespace}/${service}`),
    clusterDomain: 'cluster.local',
    owner: 'default',
    incomplete: false,
  });
  const sends = [...routing.uses].flatMap(([key, uses]) =>
    uses.flatMap(({ live, toService, port = '' }) => {
      const service = services.get(key);
      return live && service && hasPort(service, port)
        ? [`${key}:${port} by ${wayTo(service, toService)}`]
        : [];
    }),
  );
  const found = [...failures, ...routing.failures, ...judged.failures];
  return {
    routes: routing.routes.length,
    sends: [...new Set(sends)].sort(),
    ...(routing.classes.unclear.length > 0 ? { unclear: routing.classes.unclear } : {}),
    findings: found
      .map(({ code, entity, message }) => `${code} ${entity ?? ''}: ${message}`)
      .sort(),
    steps: judged.steps.map(({ op, namespace, name: service }) => `${op} ${namespace}/${service}`),
  };
}

function hasPort({ ports, externalName }: ServiceView, port: number | string): boolean {
  if (externalName !== undefined) return true;
  return ports.some((one) => [one.port, one.name, one.targetPort].includes(port));
}

function wayTo({ annotations, externalName }: ServiceView, toService: boolean): string {
  if (toService || annotations['ingress.kubernetes.io/service-upstream'] === 'true') return 'name';
  return externalName === undefined ? 'Pod IPs' : externalName;
}

it.each(readdirSync(root))('%s', (name) => {
  expectGolden(join(root, name, 'golden.yaml'), stringify(answersOf(name), { lineWidth: 0 }));
});
