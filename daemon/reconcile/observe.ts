/** What a pass starts from: the mesh as observed, the gateways, and the user's Kong configuration. */
import type { GatewayDataplane } from '../../catalog/gateway';
import { hasErrors, type Failure } from '../../catalog/error';
import type { ParsedConfig } from '../kong/parse';
import type { KongState, MissingPlugin } from '../kong/model';
import type { MassDeletionLimits } from '../plan/filters/mass-deletion';
import type { Observation, Source } from '../sources/source';
import type { ConfirmationStore } from '../targets/confirmation-file';
import { reconcileErrors } from './errors';
import { guardObservation, type Admission, type DoubtMemory } from './observation-guard';
import { readUserConfig, type UserConfigMemory, type UserConfigOptions } from './user-config';

export interface ObserveOptions extends UserConfigOptions {
  readonly source: Source;
  readonly limits: MassDeletionLimits;
  readonly confirmed: boolean;
  /** What another process was told to take for real. */
  readonly confirmations?: Pick<ConfirmationStore, 'read'> | undefined;
  /** A target watches over the Dataplanes and says itself when one is gone. */
  readonly watched: boolean;
  readonly nowMs: number;
}

/** Kept between passes; a daemon that starts without it only looks again. */
export interface ObserveMemory extends UserConfigMemory {
  observation?: Observation;
  gateways?: readonly GatewayDataplane[];
  doubt?: DoubtMemory;
  /** The last confirmation of another process when the doubt began: it is about something earlier. */
  confirmedBefore?: string | undefined;
  /** The revision whose losses were confirmed or lasted. */
  believed?: string;
}

export interface Inputs {
  readonly observation: Observation;
  readonly gateways: readonly GatewayDataplane[];
  readonly user: KongState;
  readonly parsed: ParsedConfig | undefined;
  readonly failures: readonly Failure[];
  /** Some entity of the user's files was left out, for a mistake in it. */
  readonly incomplete: boolean;
  /** Plugins of the user's that a mistake left out. */
  readonly missingPlugins: readonly MissingPlugin[];
  /** How long, in ms, until something may be deleted because of the user's files; 0: now. */
  readonly settlesInMs: number;
  /** More of the user's files may follow: nothing is to be changed because of them until then. */
  readonly mayGrow: boolean;
  /** What this observation lost is really gone: nothing further needs to doubt it. */
  readonly believed: boolean;
  /** Whether all of it is what the pass before this one had. */
  readonly unchanged: boolean;
}

const noConfig: KongState = { entities: [], passthrough: {}, selectTags: [] };

/**
 * Resolves to a complete set of inputs, or rejects. What is newly broken is replaced by its last good
 * version, with a failure that says so; only without one does the pass end here.
 * @throws MeshdError of the source, or of the Kong files where there is no earlier version of them.
 */
export async function observe(
  options: ObserveOptions,
  memory: ObserveMemory,
  signal: AbortSignal,
): Promise<Inputs> {
  const [observed, config] = await Promise.all([
    options.source.observe(signal),
    readUserConfig(options, memory),
  ]);
  const judge = (confirmed: boolean): Admission =>
    guardObservation(observed, memory.observation, memory.doubt, {
      limits: options.limits,
      confirmed,
      nowMs: options.nowMs,
    });
  let admitted = judge(options.confirmed);
  if (admitted.held && (await isConfirmedElsewhere(observed, options, memory))) {
    admitted = judge(true);
  }
  const gateways = keepGateways(admitted.observation, memory);
  const sameMesh =
    memory.observation?.revision === admitted.observation.revision &&
    memory.gateways === gateways.known;
  const failures = [
    ...staleness(observed),
    ...admitted.observation.failures,
    ...(admitted.held ? [admitted.held] : []),
    ...(options.watched ? [] : gateways.failures),
    ...config.failures,
  ];
  memory.observation = admitted.observation;
  memory.gateways = gateways.known;
  if (admitted.doubt) memory.doubt = admitted.doubt;
  else delete memory.doubt;
  if (admitted.believed) memory.believed = admitted.observation.revision;
  return {
    observation: admitted.observation,
    gateways: gateways.known,
    user: config.parsed?.state ?? noConfig,
    parsed: config.parsed,
    failures,
    incomplete: hasErrors(config.failures),
    missingPlugins: config.parsed?.missingPlugins ?? [],
    settlesInMs: config.settlesInMs,
    mayGrow: config.mayGrow,
    believed: memory.believed === admitted.observation.revision,
    unchanged: sameMesh && config.unchanged,
  };
}

/** Only what was said since the doubt began, about exactly this observation, counts. */
async function isConfirmedElsewhere(
  { revision }: Observation,
  { confirmations }: ObserveOptions,
  memory: ObserveMemory,
): Promise<boolean> {
  const said = await confirmations?.read();
  if (!memory.doubt) memory.confirmedBefore = said?.id;
  return said !== undefined && said.id !== memory.confirmedBefore && said.revision === revision;
}

/**
 * A control plane takes a Dataplane away for some seconds and puts it back when a proxy reconnects;
 * dropping every outbound address in that gap would cut the gateway off.
 */
function keepGateways(
  { gateways }: Observation,
  memory: ObserveMemory,
): { known: readonly GatewayDataplane[]; failures: readonly Failure[] } {
  const before = memory.gateways;
  if (gateways.length === 0 && before && before.length > 0) {
    return { known: before, failures: [reconcileErrors.failure('GATEWAY_NOT_SEEN')] };
  }
  const same = before && JSON.stringify(before) === JSON.stringify(gateways);
  return { known: same ? before : gateways, failures: [] };
}

function staleness({ stale }: Observation): readonly Failure[] {
  if (!stale) return [];
  const { message, remedy } = stale.failure;
  return [reconcileErrors.failure('OBSERVATION_STALE', { cause: message, remedy })];
}
