/**
 * Walks the stages. Each is one write for each Dataplane, derived from what the mesh holds: a walk that was
 * killed anywhere is resumed by the next, and what is done is not done again.
 */
import { MeshdError, type Failure } from '../../catalog/error';
import type { StageName } from '../doctor/cut-over/blocker';
import { meshTraits, type Facts } from '../doctor/facts';
import type { CutOverWriter, Edit } from '../targets/dataplane/cut-over-writer';
import { withBlock, withLabels, withoutBlock } from '../targets/dataplane/cut-over-form';
import { withWorkload } from '../targets/dataplane/edit-resource';
import type { OutboundRoom } from '../targets/dataplane/outbound-form';
import { migrateErrors } from './errors';
import { cutOverOf, type CutOver, type StageReport } from './stages';

export interface WalkOptions {
  readonly gather: (signal: AbortSignal) => Promise<Facts>;
  readonly writer: CutOverWriter;
  readonly room: OutboundRoom;
  /** Hears of each stage before it is written. */
  readonly tell?: (stage: StageName | 'back') => void;
}

export interface Walked {
  readonly cutOver: CutOver;
  readonly writes: number;
  readonly failures: readonly Failure[];
}

/** Ends where nothing is left that is ours to do. A finding ends it and is reported with what was done. */
export async function walkForward(options: WalkOptions, signal: AbortSignal): Promise<Walked> {
  const { gather, writer, tell } = options;
  const tried = new Set<StageName>();
  let writes = 0;
  let facts = await gather(signal);
  for (;;) {
    const cutOver = cutOverOf(facts);
    const stage = nextOfOurs(cutOver, facts);
    if (!stage) return { cutOver, writes, failures: [] };
    if (tried.has(stage.stage)) return { cutOver, writes, failures: [notKept(stage)] };
    tried.add(stage.stage);
    tell?.(stage.stage);
    try {
      const edit = editOf(stage.stage, facts, options.room);
      const written = await writer.write(namesOf(facts), edit, signal);
      writes += written.writes;
      facts = await gather(signal);
      if (written.failures.length > 0) {
        return { cutOver: cutOverOf(facts), writes, failures: written.failures };
      }
    } catch (error) {
      if (!(error instanceof MeshdError)) throw error;
      return { cutOver, writes, failures: [error.toFailure()] };
    }
  }
}

/** Puts the gateway block back. Labels stay: 2.14 understands them, and the next way forward needs them. */
export async function walkBack(options: WalkOptions, signal: AbortSignal): Promise<Walked> {
  const { gather, writer, tell } = options;
  const facts = await gather(signal);
  const { mesh, settings, gateways = [] } = facts;
  const stay = (failure: Failure): Walked => ({
    cutOver: cutOverOf(facts),
    writes: 0,
    failures: [failure],
  });
  if (gateways.every(({ plain }) => plain !== true)) {
    return { cutOver: cutOverOf(facts), writes: 0, failures: [] };
  }
  if (!mesh || !meshTraits(mesh).gatewayBlock) {
    const version = mesh?.version ?? 'unknown';
    return stay(migrateErrors.failure('MIGRATE_BACK_NEEDS_2', { version }));
  }
  if (settings.service === undefined) {
    return stay(migrateErrors.failure('MIGRATE_BACK_NEEDS_SERVICE'));
  }
  tell?.('back');
  try {
    const { writes, failures } = await writer.write(
      namesOf(facts),
      withBlock(settings.service),
      signal,
    );
    return { cutOver: cutOverOf(await gather(signal)), writes, failures };
  } catch (error) {
    if (!(error instanceof MeshdError)) throw error;
    return stay(error.toFailure());
  }
}

/**
 * Labels and outbounds change nothing that a request meets, so they wait for nobody; a label that changes the
 * certificate waits for its permission, and the form of the gateway for all that comes before.
 */
function nextOfOurs({ stages, unasked }: CutOver, { mesh }: Facts): StageReport | undefined {
  const isOurs = (stage: StageReport): boolean =>
    stage.blockers.some(({ owner, kind }) => owner === 'kong-meshd' && kind !== 'note');
  const permitted = stages.every(
    ({ stage, blockers }) =>
      stage !== 'permissions' || blockers.every(({ code }) => code !== 'permission-by-spiffe-id'),
  );
  for (const [at, stage] of stages.entries()) {
    if (!isOurs(stage)) continue;
    if (stage.stage === 'identity' && mesh?.ownIdentities === true && !permitted) continue;
    if (stage.stage === 'gateway' && (unasked || !isClear(stages.slice(0, at + 1)))) continue;
    return stage;
  }
  return undefined;
}

function isClear(stages: readonly StageReport[]): boolean {
  return stages.every(
    ({ status, stage }) => status === 'done' || (stage === 'gateway' && status === 'due'),
  );
}

function editOf(stage: StageName, { settings, catalog }: Facts, room: OutboundRoom): Edit {
  if (stage === 'gateway') return withoutBlock;
  if (stage === 'outbounds') return withLabels(room, catalog?.services ?? []);
  return withWorkload(settings.workload ?? '');
}

function namesOf({ gateways = [] }: Facts): readonly string[] {
  return gateways.map(({ name }) => name);
}

function notKept({ stage, blockers }: StageReport): Failure {
  const open = blockers.find(({ owner }) => owner === 'kong-meshd');
  return migrateErrors.failure('MIGRATE_NOT_KEPT', {
    stage,
    what: open ? `${open.what}: ${open.names.join(', ')}` : 'it is still open',
  });
}
