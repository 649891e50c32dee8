/** The proof: one request a route through Kong, and what the gateway's sidecar counted of it. */
import { nearest } from '../../../catalog/nearest';
import { readCounters, risen, type ClusterCounters } from '../../check/stats';
import { probeOf, type Probe, type ProbeOverrides } from '../../check/probe-request';
import { endings, judgeAnswer, type Expected, type Verdict } from '../../check/verdict';
import type { Facts } from '../../doctor/facts';
import { gatherFacts } from '../../doctor/gather/gather-facts';
import { nameOf } from '../../doctor/name-of';
import { createView, type FactsView } from '../../doctor/view';
import type { Entity } from '../../kong/model';
import { createConnection } from '../../sources/kuma/connection';
import type { Config } from '../../config/schema';
import { compose } from '../compose';
import { cliErrors } from '../errors';
import { printFailures } from '../findings';
import { addCommonFlags, loadFromFlags, progressOf, type CommonFlags } from '../options';
import { sendProbe } from '../send-probe';
import { formatTable } from '../table';
import type { ExitCode, Terminal } from '../terminal';
import type { AddCommand } from './command';

interface CheckFlags extends CommonFlags {
  readonly proxy: string;
  readonly method?: string;
  readonly path?: string;
  readonly header: readonly string[];
  readonly timeout: string;
}

/** A request with what it should come to. */
interface Case {
  readonly name: string;
  readonly probe: Probe;
  readonly expected?: Expected;
}

interface Row extends Verdict {
  readonly route: string;
  readonly service?: string;
  readonly status?: number;
}

export const addCheck: AddCommand = (program, terminal, end) => {
  const command = program
    .command('check')
    .description(
      "send a request a route through Kong, and prove by the sidecar's counters that the mesh carried it",
    )
    .argument(
      '[routes...]',
      'names of routes, or paths such as /orders; without any, every linked route',
    )
    .option('--proxy <url>', "Kong's proxy", 'http://127.0.0.1:8000')
    .option('--method <method>', 'another method than GET or HEAD')
    .option('--path <path>', 'another path than that of the route')
    .option('-H, --header <name: value>', 'a header of the requests; repeatable', collect, [])
    .option('--timeout <ms>', 'longest wait for one answer', '10000')
    .option('--json', 'print the rows as JSON');
  addCommonFlags(command).action(async (routes: readonly string[], flags: CheckFlags) => {
    const loaded = await loadFromFlags(flags, [], terminal);
    if (!loaded.ok) {
      printFailures(loaded.failures, terminal);
      end(1);
      return;
    }
    const { config } = loaded;
    if (!/^https?:\/\//.test(flags.proxy) || !URL.canParse(flags.proxy)) {
      throw cliErrors.error('CHECK_PROXY', { url: flags.proxy });
    }
    const progress = progressOf(flags, terminal);
    const context = compose(config, terminal.env, { readOnly: true, progress });
    const facts = await gatherFacts({ config, context }, terminal.signal);
    context.kong?.close?.();
    const cases = casesOf(facts, routes, overridesOf(flags));
    const rows = await sendAll(cases, flags, countersOf(config, facts, terminal), terminal);
    if (flags.json === true) terminal.out(`${JSON.stringify(rows, null, 2)}\n`);
    else print(rows, identitiesOf(facts), terminal);
    end(exitCodeOf(rows));
  });
};

/** @throws MeshdError CHECK_ROUTE, NO_DESTINATIONS */
function casesOf(
  facts: Facts,
  asked: readonly string[],
  overrides: ProbeOverrides,
): readonly Case[] {
  const view = createView(facts);
  const routes = view.entities('routes');
  const names = asked.length > 0 ? asked : linkedRoutes(view).map(nameOf);
  if (names.length === 0) throw cliErrors.error('NO_DESTINATIONS');
  return names.map((name): Case => {
    const route = routes.find((one) => nameOf(one) === name || one.id === name);
    if (route) {
      const expected = expectedOf(view, route);
      return { name, probe: probeOf(route, overrides), ...(expected ? { expected } : {}) };
    }
    if (name.startsWith('/')) {
      const request = { method: overrides.method ?? 'GET', path: name, headers: overrides.headers };
      return { name, probe: { ok: true, request } };
    }
    const near = nearest(name, routes.map(nameOf));
    throw cliErrors.error('CHECK_ROUTE', { name, near: near.join(', ') || 'none is like it' });
  });
}

function linkedRoutes(view: FactsView): readonly Entity[] {
  return view.entities('routes').filter((route) => expectedOf(view, route) !== undefined);
}

/** A link of the route itself counts before that of its service. */
function expectedOf({ linked }: FactsView, route: Entity): Expected | undefined {
  const service = route.references['service']?.id;
  const own = linked.find(({ link }) => link.routeId === route.id);
  const found =
    own ??
    linked.find(
      ({ link, kong }) => link.routeId === undefined && kong !== undefined && kong.id === service,
    );
  if (!found) return undefined;
  const { name, namespace } = found.service;
  const tags = found.port.tag === undefined ? [] : [found.port.tag];
  return { name, tags, ...(namespace === undefined ? {} : { namespace }) };
}

/** Of all gateways together: behind one address any of them may take the request. */
function countersOf(
  { sources, mesh }: Config,
  { gateways = [] }: Facts,
  { signal }: Terminal,
): () => Promise<ClusterCounters | undefined> {
  const kuma = sources.find((source) => source.kuma)?.kuma;
  if (!kuma || gateways.length === 0) return () => Promise.resolve(undefined);
  const connection = createConnection(kuma);
  return async () => {
    const sum = new Map<string, number>();
    try {
      await connection.refresh(signal);
      for (const { name } of gateways) {
        const path = `/meshes/${encodeURIComponent(mesh)}/dataplanes/${encodeURIComponent(name)}/stats`;
        const { status, body } = await connection.get(path, signal);
        if (status !== 200) return undefined;
        for (const [cluster, value] of readCounters(body().toString('utf8'))) {
          sum.set(cluster, (sum.get(cluster) ?? 0) + value);
        }
      }
      return sum;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  };
}

/** One after the other: what rises between two looks is then of one request. */
async function sendAll(
  cases: readonly Case[],
  { proxy, timeout }: CheckFlags,
  counters: () => Promise<ClusterCounters | undefined>,
  { signal }: Terminal,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let before = await counters();
  for (const { name, probe, expected } of cases) {
    const head = { route: name, ...(expected ? { service: referenceOf(expected) } : {}) };
    if (!probe.ok) {
      rows.push({ ...head, ending: 'skipped', reason: `Not sent: ${probe.reason}.`, clusters: [] });
      continue;
    }
    const timeoutMs = Number(timeout);
    const answer = await sendProbe(proxy, probe.request, { timeoutMs, signal });
    signal.throwIfAborted();
    if (typeof answer === 'string') {
      rows.push({ ...head, ...noAnswer(proxy, answer) });
      continue;
    }
    const after = await counters();
    const clusters = before && after ? risen(before, after) : undefined;
    rows.push({ ...head, status: answer.status, ...judgeAnswer(answer, clusters, expected) });
    before = after;
  }
  return rows;
}

function noAnswer(proxy: string, cause: string): Verdict {
  return {
    ending: 'no-answer',
    reason: `Kong at ${proxy} gave no answer: ${cause}.`,
    fix: "Give Kong's proxy with --proxy (kubectl port-forward where it is in a cluster).",
    clusters: [],
  };
}

function referenceOf({ name, namespace }: Expected): string {
  return namespace === undefined ? name : `${name}.${namespace}`;
}

function overridesOf({ method, path, header }: CheckFlags): ProbeOverrides {
  const headers = header.map((text) => {
    const [, name, value] = /^([^\s:]+):\s*(.*?)\s*$/.exec(text) ?? [];
    if (name === undefined || value === undefined) throw cliErrors.error('CHECK_HEADER', { text });
    return [name, value] as const;
  });
  return { method: method?.toUpperCase(), path, headers: Object.fromEntries(headers) };
}

/** By what the gateway goes in the mesh. */
function identitiesOf({ gateways = [], settings }: Facts): string {
  const names = gateways.flatMap(
    ({ service, labels }) => service ?? labels['kuma.io/workload'] ?? [],
  );
  const known = [...new Set(names)].join(', ');
  return known === '' ? `an unknown name in mesh ${settings.mesh}` : known;
}

function print(rows: readonly Row[], identity: string, terminal: Terminal): void {
  terminal.out(
    formatTable(
      ['ROUTE', 'SERVICE', 'STATUS', 'RESULT', 'WHY'],
      rows.map(({ route, service = '-', status, ending, reason }) => [
        ...[route, service, status === undefined ? '-' : String(status), ending, reason],
      ]),
    ),
  );
  terminal.out(`The gateway goes by ${identity}.\n`);
  for (const fix of new Set(rows.flatMap((row) => row.fix ?? []))) terminal.out(`→ ${fix}\n`);
}

/** 0: the mesh carried all; 2: nothing proves it for some; 1: it did not for some. */
function exitCodeOf(rows: readonly Row[]): ExitCode {
  const worst = endings.find((ending) => rows.some((row) => row.ending === ending));
  if (worst === 'through') return 0;
  return worst === 'unknown' || worst === 'skipped' ? 2 : 1;
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
