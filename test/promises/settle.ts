/** The end of all trouble: within a bounded number of passes everything must be as the file says. */
import type { PassReport } from '../../daemon/reconcile/report';
import { expectedAt, isSound, withoutMistakes } from './model/version';
import { meshServices } from './operations/file-edits';
import type { Walk } from './walk';

/** Passes until all must be in order. */
const healedWithin = 12;
/** From here on the user confirms the deletions that wait for it. */
const confirmsFrom = 6;
/** What a file lacks is deleted once it has stood for 5 s. */
const fileAtRestMs = 6_000;
/** What Kong refused is tried again after 30 s. */
const retryAfterMs = 31_000;

export async function settle(walk: Walk): Promise<void> {
  await endTrouble(walk);
  await settleSecond(walk);
  let wrong: readonly string[] = [];
  for (let round = 0; round < healedWithin; round++) {
    if (round === confirmsFrom - 1) walk.warp.advance(retryAfterMs);
    const report = await walk.pass({ confirmDeletes: round >= confirmsFrom });
    if (walk.world.settings.target === 'file') await walk.deploy();
    wrong = [...unfinished(report, walk), ...(await wrongAnswers(walk))];
    if (wrong.length === 0) wrong = await differences(walk);
    if (wrong.length === 0) {
      walk.oracle.settled(walk.version);
      return;
    }
  }
  const message = `after ${healedWithin} passes without trouble: ${wrong.join('; ')}`;
  walk.violations.push({ figure: 'unhealed', message });
}

async function endTrouble(walk: Walk): Promise<void> {
  const { world } = walk;
  walk.endKongFault();
  await walk.bringKongBack();
  await walk.bringKumaBack();
  await world.joinSnapshot();
  if (!isSound(walk.version)) await walk.write(withoutMistakes(walk.version));
  for (const name of meshServices) await world.backends.come(name);
  walk.warp.advance(fileAtRestMs);
  world.startSidecar();
  world.farSidecar?.find();
}

/** First, as it may hold a name that ours wants. */
async function settleSecond(walk: Walk): Promise<void> {
  const { second } = walk.world;
  if (!second) return;
  await second.giveUpClaims();
  walk.warp.advance(fileAtRestMs);
  for (let round = 0; round < healedWithin; round++) {
    if (round === confirmsFrom - 1) walk.warp.advance(retryAfterMs);
    await walk.passOfSecond({ beside: false, confirmDeletes: round >= confirmsFrom });
    if (second.unfinished().length === 0) return;
  }
  const message = `the second owner after ${healedWithin} passes: ${second.unfinished().join(', ')}`;
  walk.violations.push({ figure: 'unhealed', message });
}

function unfinished({ outcome, failures }: PassReport, { world }: Walk): readonly string[] {
  // Where nothing is deleted, what holds a unique name holds it for ever.
  if (world.settings.policy !== 'sync' && outcome !== 'failed') return [];
  const isDone = outcome === 'unchanged' || outcome === 'applied';
  const errors = failures.filter(({ severity }) => severity === 'error');
  if (isDone && errors.length === 0) return [];
  const codes = failures.map(({ code, entity = '' }) => `${code} ${entity}`.trim());
  return [`the pass is ${outcome} (${codes.join(', ')})`];
}

async function wrongAnswers(walk: Walk): Promise<readonly string[]> {
  const { version, oracle } = walk;
  const isSync = walk.world.settings.policy === 'sync';
  const wrong: string[] = [];
  for (const path of oracle.paths()) {
    const expected = expectedAt(version, path);
    // Without deletions and updates what was there before may shadow what the file says.
    if (!isSync) continue;
    for (const far of walk.world.farSidecar ? [false, true] : [false]) {
      const where = far ? ' at the other gateway' : '';
      const keyed = await walk.ask(path, true, far);
      if (expected ? keyed.service !== expected.target : keyed.status === 200) {
        wrong.push(`${path} with a key gives ${keyed.status} ${keyed.service ?? ''}${where}`);
      }
      const bare = await walk.ask(path, false, far);
      const wanted = !expected ? 404 : expected.guarded ? 401 : 200;
      if (expected && bare.status !== wanted) {
        wrong.push(`${path} without a key gives ${bare.status} instead of ${wanted}${where}`);
      }
    }
  }
  return wrong;
}

/** What `kong-meshd diff` shows to somebody who remembers nothing. */
async function differences({ world }: Walk): Promise<readonly string[]> {
  const stranger = world.stranger();
  const { kong, dataplane } = await stranger.pass({ dryRun: true }).finally(() => stranger.close());
  const changes = (kong?.plan.changes ?? []).map((change) => {
    const { type, key } = change.op === 'create' ? change.next : change.previous;
    const fields = change.op === 'update' ? change.fields.map(({ path }) => path).join(',') : '';
    return `diff: ${change.op} ${type} ${key} ${fields}`.trim();
  });
  return [...changes, ...dataplane.expanded.map(({ what }) => `diff: ${what}`)];
}
