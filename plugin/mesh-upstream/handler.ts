/** One plugin instance: a config, and the decision it leads to on each snapshot. */
import { formatReference, type Reference } from '../../catalog/lookup';
import { defaultSnapshotPath, readConfig, sharesOf } from './config';
import { decisionCounts, type DecisionCounts, type Tally } from './decision-counts';
import { log as pluginLog, type Log } from './log';
import type { Pdk } from './pdk';
import { decide, rejectionOf, type Decision, type Rejection, type Split } from './rewrite';
import type { ServiceTable } from './service-table';
import { sharedSnapshotWatch, type SnapshotWatch } from './snapshot-watch';
import { keyOfRequest } from './sticky-key';
import { createWeightedChoice, nextPosition, type WeightedChoice } from './weighted-choice';

/**
 * How long a request waits for the very first snapshot: far below the 60 s after which Kong would
 * give up on the plugin and send the request past the mesh.
 */
const firstReadMs = 2_000;

export interface HandlerOptions {
  readonly watch?: (
    path: string,
  ) => Pick<SnapshotWatch, 'current' | 'firstRead'> &
    Partial<Pick<SnapshotWatch, 'distrust' | 'find'>>;
  readonly log?: Log;
  readonly counts?: DecisionCounts;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Handler {
  /** Never rejects. A fault of its own ends the request with 503. */
  access(kong: Pdk): Promise<void>;
  /**
   * What `access` would call for any request: the same object as long as the decision is the same.
   * Undefined where that depends on the request, or nothing is known yet. Never throws.
   */
  prepared(): PreparedCalls | undefined;
}

/** For a server that can send calls without running the handler for each request. */
export interface PreparedCalls {
  readonly calls: readonly { readonly method: string; readonly args: readonly unknown[] }[];
  /** To be told of each request that is answered so. */
  count(): void;
}

/** A decision for one request, with what counts it and what it would call. */
interface Outcome {
  readonly decision: Exclude<Decision, Split>;
  readonly tally: Tally;
  readonly prepared: PreparedCalls | undefined;
}

/** Never throws: a config that cannot be used is an answer to each request, too. */
export function createHandler(raw: unknown, options: HandlerOptions = {}): Handler {
  const { log = pluginLog, env = process.env, watch = sharedSnapshotWatch } = options;
  const { counts = decisionCounts } = options;
  const read = readConfig(raw);
  if (!read.ok) return rejecting(invalidConfig(raw, read.cause), log, counts);
  const { config } = read;
  const fromEnv = env['KONG_MESHD_SNAPSHOT'];
  const source = watch(
    config.snapshot ?? (fromEnv === undefined || fromEnv === '' ? defaultSnapshotPath : fromEnv),
  );

  const label = sharesOf(config)
    .map(({ reference }) => formatReference(reference))
    .join(', ');

  let decidedOn: ServiceTable | undefined;
  let distrusted: string | undefined;
  let choice: WeightedChoice<Outcome> | undefined;
  /** One request after the other moves it on. It starts anywhere: all workers start at one time. */
  let position = Math.random();

  function currentChoice(): WeightedChoice<Outcome> {
    const table = source.current;
    const { distrust } = source;
    if (choice && decidedOn === table && distrusted === distrust) return choice;
    const lookup = table && {
      find: (reference: Reference) => (source.find ?? table.find)(reference),
    };
    const decision = decide(config, lookup, distrust);
    choice = choiceOf(decision, counts);
    decidedOn = table;
    distrusted = distrust;
    report(decision, log);
    return choice;
  }

  function next(current: WeightedChoice<Outcome>): Outcome {
    position = nextPosition(position);
    return current.at(position);
  }

  return {
    // In one function: another asynchronous one inside would cost each request as much again.
    async access(kong) {
      try {
        if (!source.current && !choice) await bounded(source.firstRead, firstReadMs);
        const choices = currentChoice();
        const key =
          choices.isOne || config.hash_on === 'none' ? undefined : await keyOfRequest(kong, config);
        // What was decided meanwhile counts from the next request on.
        const { decision: current, tally: counted } =
          key === undefined ? next(choices) : choices.of(key);
        if (current.kind === 'pass') {
          counted.count += 1;
          return;
        }
        if (current.kind === 'reject') {
          await exit(kong, current.rejection);
          counted.count += 1;
          return;
        }
        const { hostHeader } = current;
        let host = hostHeader.type === 'set' ? hostHeader.value : undefined;
        if (hostHeader.type === 'preserve') {
          // Not getHost: that one drops the port.
          host = (await kong.request.getHeader('host')) ?? hostHeader.otherwise;
        }
        await kong.service.setTarget(current.host, current.port);
        if (host !== undefined) await kong.service.request.setHeader('Host', host);
        counted.count += 1;
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        const rejection = rejectionOf('UPSTREAM_INTERNAL', 'internal-error', label, { cause });
        log('error', rejection.message, { code: rejection.code, remedy: rejection.remedy });
        await rejectAndCount(kong, rejection, counts.tally('rejected', rejection.reason));
      }
    },
    prepared() {
      if (!source.current && !choice) return undefined;
      try {
        const choices = currentChoice();
        return choices.isOne || config.hash_on === 'none' ? next(choices).prepared : undefined;
      } catch {
        // The handler meets the same fault, and answers for it.
        return undefined;
      }
    },
  };
}

function choiceOf(decision: Decision, counts: DecisionCounts): WeightedChoice<Outcome> {
  const outcomeOf = (one: Outcome['decision']): Outcome => {
    const tally = tallyOf(one, counts);
    return { decision: one, tally, prepared: preparedCalls(one, tally) };
  };
  const shares = decision.kind === 'split' ? decision.shares : [{ decision, weight: 1 }];
  return createWeightedChoice(
    shares.map(({ decision: one, weight }) => ({
      name: one.kind === 'rewrite' ? one.service : '',
      weight,
      value: outcomeOf(one),
    })),
  );
}

/** The calls of `access`, where they do not need an answer of Kong. */
function preparedCalls(decision: Outcome['decision'], tally: Tally): PreparedCalls | undefined {
  const count = (): void => void (tally.count += 1);
  if (decision.kind === 'pass') return { calls: [], count };
  if (decision.kind === 'reject') {
    const args = exitArguments(decision.rejection);
    return { calls: [{ method: 'kong.response.exit', args }], count };
  }
  const { host, port, hostHeader } = decision;
  if (hostHeader.type === 'preserve') return undefined;
  const calls = [{ method: 'kong.service.set_target', args: [host, port] as unknown[] }];
  if (hostHeader.type === 'set') {
    calls.push({ method: 'kong.service.request.set_header', args: ['Host', hostHeader.value] });
  }
  return { calls, count };
}

function tallyOf(decision: Outcome['decision'], counts: DecisionCounts): Tally {
  switch (decision.kind) {
    case 'rewrite':
      return decision.insteadOf === undefined
        ? counts.tally('sent', '', decision.service)
        : counts.tally('fallback', decision.insteadOf, decision.service);
    case 'pass':
      return counts.tally('passthrough', decision.rejection.reason);
    case 'reject':
      return counts.tally('rejected', decision.rejection.reason);
  }
}

/** Never rejects. A request that is over already was not turned away by this, and is not counted. */
async function rejectAndCount(kong: Pdk, rejection: Rejection, tally: Tally): Promise<void> {
  try {
    await exit(kong, rejection);
    tally.count += 1;
  } catch {
    // Kong has left the request behind.
  }
}

async function exit(kong: Pdk, rejection: Rejection): Promise<void> {
  await kong.response.exit(...exitArguments(rejection));
}

function exitArguments(rejection: Rejection): Parameters<Pdk['response']['exit']> {
  const { code, message, reason, service, candidates, ports } = rejection;
  const body = {
    message,
    code,
    reason,
    service,
    ...(candidates ? { candidates } : {}),
    ...(ports ? { ports } : {}),
  };
  return [503, body, { 'X-Mesh-Upstream': reason }];
}

function rejecting(rejection: Rejection, log: Log, counts: DecisionCounts): Handler {
  report({ kind: 'reject', rejection }, log);
  const tally = counts.tally('rejected', rejection.reason);
  const prepared = preparedCalls({ kind: 'reject', rejection }, tally);
  return { access: (kong) => rejectAndCount(kong, rejection, tally), prepared: () => prepared };
}

function invalidConfig(raw: unknown, cause: string): Rejection {
  const { service, services } = (raw ?? {}) as { service?: unknown; services?: unknown };
  const first = Array.isArray(services) ? (services[0] as { service?: unknown } | null) : undefined;
  const named = service ?? first?.service;
  const label = typeof named === 'string' ? named : 'an unnamed service';
  return rejectionOf('UPSTREAM_CONFIG_INVALID', 'invalid-config', label, { cause });
}

function report(decision: Decision, log: Log): void {
  if (decision.kind === 'rewrite' || decision.kind === 'split') {
    for (const rejection of decision.leftOut ?? [])
      warn(rejection, 'its share goes to the others', log);
    return;
  }
  const outcome = decision.kind === 'pass' ? 'passed past the mesh' : 'rejected';
  warn(decision.rejection, outcome, log);
}

function warn(rejection: Rejection, outcome: string, log: Log): void {
  const { message, code, remedy, service, reason } = rejection;
  log('warn', message, { code, remedy, service, reason, outcome });
}

async function bounded(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
