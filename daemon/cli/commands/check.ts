/** The proof: one request a route through Kong, and what the gateway's sidecar counted of it. */
import { issuerOf, makeSpiffeId } from '../../../catalog/spiffe-id';
import { identitiesOf, type IdentityFacts } from '../../check/identity';
import { isClusterOf } from '../../check/cluster-name';
import type { ProbeOverrides } from '../../check/probe-request';
import { risen } from '../../check/stats';
import { endings, judgeAnswer, type CounterLook, type Verdict } from '../../check/verdict';
import type { Facts } from '../../doctor/facts';
import { gatherFacts } from '../../doctor/gather/gather-facts';
import type { ReportProgress } from '../../progress';
import { checkCases, type CheckCase } from '../check-cases';
import { compose } from '../compose';
import { cliErrors } from '../errors';
import { printFailures } from '../findings';
import {
  checkedGateways,
  gatewayCounters,
  type CountersRead,
  type ReadGatewayCounters,
} from '../gateway-counters';
import { addCommonFlags, loadFromFlags, progressOf, type CommonFlags } from '../options';
import { sendProbe } from '../send-probe';
import { formatTable } from '../table';
import type { ExitCode, Terminal } from '../terminal';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface CheckFlags extends CommonFlags {
  readonly proxy: string;
  readonly method?: string;
  readonly path?: string;
  readonly header: readonly string[];
  readonly timeout: string;
}

interface Row extends Verdict {
  readonly route: string;
  /** The mesh service that it reached, or should have. */
  readonly service?: string;
  readonly status?: number;
  /** SPIFFE IDs of the gateway; none without mTLS. */
  readonly identities: readonly string[];
}

export const addCheck: AddCommand = (program, terminal, end) => {
  const command = program
    .command('check')
    .description(summaries.check.description)
    .argument(
      '[routes...]',
      'names of routes (of Kong, or of the cluster as in shop/orders), or paths such as /orders; without any, every linked route',
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
    const timeoutMs = Number(flags.timeout);
    if (!/^https?:\/\//.test(flags.proxy) || !URL.canParse(flags.proxy)) {
      throw cliErrors.error('CHECK_PROXY', { url: flags.proxy });
    }
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > maxTimeoutMs) {
      throw cliErrors.error('CHECK_TIMEOUT', { timeout: flags.timeout, max: maxTimeoutMs });
    }
    const progress = progressOf(flags, terminal);
    const context = await compose(config, terminal.env, { readOnly: true, progress });
    const facts = await gatherFacts({ config, context }, terminal.signal);
    context.kong?.close?.();
    const cases = checkCases(facts, routes, overridesOf(flags));
    const identities = identitiesIn(facts);
    const send = {
      progress,
      proxy: flags.proxy,
      timeoutMs,
      read: gatewayCounters(config, facts),
      identities,
    };
    const rows = await sendAll(cases, send, terminal.signal);
    if (flags.json === true) terminal.out(`${JSON.stringify(rows, null, 2)}\n`);
    else print(rows, identities, facts, terminal);
    end(exitCodeOf(rows));
  });
};

/** The longest that a timer of Node waits is 24 days; nobody waits an hour. */
const maxTimeoutMs = 3_600_000;

interface Sending {
  readonly proxy: string;
  readonly timeoutMs: number;
  readonly read: ReadGatewayCounters;
  readonly identities: readonly string[];
  readonly progress?: ReportProgress | undefined;
}

/** One after the other: what rises between two looks is then of one request. */
async function sendAll(
  cases: readonly CheckCase[],
  { proxy, timeoutMs, read, identities, progress }: Sending,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let before = await read(signal);
  const givenUp: CheckCase['expected'][number][] = [];
  for (const { name, probe, expected, isLinked } of cases) {
    const head = { route: name, identities };
    const linked = isLinked ? { service: expected.map(referenceOf).join(', ') } : {};
    if (!probe.ok) {
      const reason = `Not sent: ${probe.reason}.`;
      rows.push({ ...head, ...linked, ending: 'skipped', reason, clusters: [] });
      continue;
    }
    progress?.({ step: `asking for ${name}`, done: rows.length, total: cases.length });
    const answer = await sendProbe(proxy, probe.request, { timeoutMs, signal });
    signal.throwIfAborted();
    if (typeof answer === 'string') {
      rows.push({ ...head, ...linked, ...noAnswer(proxy, answer) });
      givenUp.push(...expected);
      continue;
    }
    const after = await read(signal);
    const look = withoutLate(lookOf(before, after), givenUp);
    const verdict = judgeAnswer(answer, look, expected, isLinked);
    const reached = expected.filter((one) =>
      verdict.clusters.some((cluster) => isClusterOf(cluster, one)),
    );
    const found = [...new Set(reached.map(referenceOf))].join(', ');
    const service = found === '' ? linked : { service: found };
    rows.push({ ...head, ...service, status: answer.status, ...verdict });
    before = after;
  }
  return rows;
}

function lookOf(
  before: CountersRead | undefined,
  after: CountersRead | undefined,
): CounterLook | undefined {
  if (!before || !after) return undefined;
  // One that began or ceased to answer in between makes the sums incomparable.
  const clusters =
    before.silent === after.silent ? risen(before.counters, after.counters) : undefined;
  return { clusters, complete: after.silent === 0 };
}

/** A request that was given up gets through all the same, at any time, and proves nothing for the next. */
function withoutLate(
  look: CounterLook | undefined,
  givenUp: CheckCase['expected'],
): CounterLook | undefined {
  if (!look?.clusters) return look;
  const isLate = (cluster: string): boolean => givenUp.some((one) => isClusterOf(cluster, one));
  const clusters = look.clusters.filter((cluster) => !isLate(cluster));
  return { ...look, clusters, late: look.clusters.filter(isLate) };
}

function noAnswer(proxy: string, cause: string): Verdict {
  return {
    ending: 'no-answer',
    reason: `Kong at ${proxy} gave no answer: ${cause}.`,
    fix: "Give Kong's proxy with --proxy (kubectl port-forward where it is in a cluster).",
    clusters: [],
  };
}

function referenceOf({ name, namespace }: CheckCase['expected'][number]): string {
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

function identitiesIn(facts: Facts): readonly string[] {
  const { settings, mesh } = facts;
  const gateways = checkedGateways(facts);
  const byIdentity = (gateway: IdentityFacts['gateways'][number]): string | undefined => {
    const { zone, labels, service } = gateway;
    const identity = issuerOf(mesh?.identities ?? [], labels);
    if (!identity) return service && `spiffe://${settings.mesh}/${service}`;
    const subject = { mesh: settings.mesh, zone, labels };
    const made = makeSpiffeId(subject, settings.environment, identity.templates);
    // A template may name what is not known here.
    return made.known ? made.id : undefined;
  };
  return identitiesOf({
    ...{ mesh: settings.mesh, gateways, mtls: mesh?.mtls },
    ...(mesh?.ownIdentities === true ? { spiffeIdOf: byIdentity } : {}),
  });
}

function print(
  rows: readonly Row[],
  identities: readonly string[],
  { mesh }: Facts,
  terminal: Terminal,
): void {
  terminal.out(
    formatTable(
      ['ROUTE', 'SERVICE', 'STATUS', 'RESULT', 'WHY'],
      rows.map(({ route, service = '-', status, ending, reason }) => [
        ...[route, service, status === undefined ? '-' : String(status), ending, reason],
      ]),
    ),
  );
  const unknown =
    mesh?.mtls === false ? 'no identity: the mesh has no mTLS' : 'an unknown identity';
  terminal.out(`The gateway has ${identities.join(', ') || unknown}.\n`);
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
