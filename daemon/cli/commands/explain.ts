import { formatAddress } from '../../../catalog/address';
import { nearest } from '../../../catalog/nearest';
import { entityLabel, type Entity, type KongState } from '../../kong/model';
import type { LinkOutcome, ResolvedLink } from '../../translate/translation';
import { cliErrors } from '../errors';
import { printFailures } from '../findings';
import { look } from '../look';
import { addCommonFlags, type CommonFlags } from '../options';
import type { AddCommand } from './command';

export const addExplain: AddCommand = (program, terminal, end) => {
  const command = program
    .command('explain')
    .description('where requests of one route or Kong service go, and why')
    .argument('<name>', 'name of the route or service')
    .option('--json', 'print it as JSON');
  addCommonFlags(command).action(async (name: string, flags: CommonFlags) => {
    const seen = await look(flags, [], terminal);
    if (!seen) {
      end(1);
      return;
    }
    const { desired, links } = seen.decision.translation;
    const way = followWay(desired, links, name);
    if (flags.json === true) terminal.out(`${JSON.stringify(way, null, 2)}\n`);
    else terminal.out(formatWay(way));
    const concerned = new Set([way.route, way.service].filter((label) => label !== undefined));
    const findings = seen.failures.filter(
      ({ entity }) => entity !== undefined && concerned.has(entity),
    );
    printFailures(findings, terminal);
    end(way.links.every(({ outcome }) => outcome.state === 'linked') ? 0 : 1);
  });
};

interface Way {
  readonly route?: string;
  readonly service?: string;
  /** What Kong itself is told: the Kong service's own host and port. */
  readonly kongAddress?: string;
  readonly links: readonly ResolvedLink[];
}

function followWay(state: KongState, links: readonly ResolvedLink[], name: string): Way {
  const route = find(state, 'routes', name);
  const serviceId = route?.references['service']?.id;
  const service = route
    ? state.entities.find(({ type, id }) => type === 'services' && id === serviceId)
    : find(state, 'services', name);
  if (!route && !service) throw unknownName(state, name);
  const concerned = links.filter(
    (link) =>
      (link.serviceId !== undefined &&
        link.serviceId === service?.id &&
        !isOtherRoute(link, route)) ||
      (link.routeId !== undefined && link.routeId === route?.id),
  );
  const { host, port } = service?.fields ?? {};
  return {
    ...(route ? { route: entityLabel(route) } : {}),
    ...(service ? { service: entityLabel(service) } : {}),
    ...(typeof host === 'string'
      ? { kongAddress: formatAddress({ host, port: typeof port === 'number' ? port : 80 }) }
      : {}),
    links: concerned,
  };
}

function isOtherRoute({ routeId }: ResolvedLink, route: Entity | undefined): boolean {
  return routeId !== undefined && route !== undefined && routeId !== route.id;
}

function formatWay(way: Way): string {
  const lines = [
    ...(way.route === undefined ? [] : [way.route]),
    ...(way.service === undefined ? [] : [`→ ${way.service}`]),
    ...(way.kongAddress === undefined ? [] : [`  Kong dials ${way.kongAddress}`]),
    ...(way.links.length === 0 ? ['  no link to the mesh: left as it is'] : []),
    ...way.links.flatMap(formatLink),
  ];
  return `${lines.join('\n')}\n`;
}

function formatLink(link: ResolvedLink): readonly string[] {
  const when = link.time === 'request' ? 'looked up per request' : 'written into the configuration';
  const fallback = link.fallback
    ? [`  otherwise ${link.fallback.reference}`, ...formatOutcome(link.fallback.outcome)]
    : [];
  return [
    `→ ${link.reference} (by ${link.kind}, ${when})`,
    ...formatOutcome(link.outcome),
    ...fallback,
  ];
}

function formatOutcome(outcome: LinkOutcome): readonly string[] {
  switch (outcome.state) {
    case 'linked':
      return [
        `→ ${describeKey(outcome.service)} port ${outcome.port}`,
        `→ ${formatAddress(outcome.address)} (${outcome.address.form}): ${outcome.reason}`,
        `  the backend sees Host ${outcome.hostHeader ?? 'as the client sent it'}`,
      ];
    case 'stale':
      return [`→ ${formatAddress(outcome.address)} (last known): ${outcome.reason}`];
    case 'unresolved':
      return [`✗ ${outcome.code}: ${outcome.reason}`];
  }
}

/** `MeshService orders in zone zone-a`, from the key of a service. */
function describeKey(key: string): string {
  const [kind = '', name = '', namespace = '', zone = ''] = key.split('/');
  const where = [
    ...(namespace === '' ? [] : [`namespace ${namespace}`]),
    ...(zone === '' ? [] : [`zone ${zone}`]),
  ];
  return [`${kind} ${name}`, ...(where.length > 0 ? [`in ${where.join(', ')}`] : [])].join(' ');
}

function find(state: KongState, type: Entity['type'], name: string): Entity | undefined {
  return state.entities.find(
    (entity) => entity.type === type && (entity.key === name || entity.id === name),
  );
}

function unknownName(state: KongState, name: string): Error {
  const named = state.entities.filter(({ type }) => type === 'routes' || type === 'services');
  const names = [...new Set(named.map(({ key }) => key))];
  const near = nearest(name, names);
  const hint =
    near.length > 0
      ? `Did you mean ${near.map((candidate) => `"${candidate}"`).join(' or ')}?`
      : `There are ${names.length} names; the first ones are ${names.slice(0, 5).join(', ')}.`;
  return cliErrors.error('EXPLAIN_UNKNOWN', { name, hint });
}
