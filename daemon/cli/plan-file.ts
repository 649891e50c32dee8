/**
 * A plan that was looked at, to be applied later: what `diff` showed, and by what `sync --plan` tells
 * that the world still is as it was then. Values are masked as everywhere; that a secret is another one
 * now is told by a salted hash that is slow to compute, so that the file gives no secret away.
 */
import { createHash, randomBytes, scryptSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import * as z from 'zod';

import { writeFileAtomic } from '../../catalog/atomic-file';
import type { Config } from '../config/schema';
import { readStdin, stdinPath } from '../config/read-stdin';
import type { Entity } from '../kong/model';
import type { Change } from '../plan/change';
import type { Approval, PlannedMesh } from '../reconcile/context';
import type { PassReport } from '../reconcile/report';
import { version } from '../version';
import { cliErrors } from './errors';

const format = 'kong-meshd-plan/1';

const parts = ['kong', 'dataplane', 'links'] as const;
type Part = (typeof parts)[number];

const PlanFile = z.object({
  format: z.literal(format),
  version: z.string(),
  mesh: z.string(),
  target: z.string().nullable(),
  confirmDeletes: z.boolean(),
  salt: z.string(),
  digests: z.record(z.enum(parts), z.string()),
});
export type PlanFile = z.infer<typeof PlanFile>;

/** What each part is called where it has changed. */
const words: Readonly<Record<Part, string>> = {
  kong: 'the changes at Kong',
  dataplane: "the changes of the gateway's Dataplane",
  links: 'where the links lead',
};

/** @param shown what `diff --json` prints. */
export function formatPlanFile(
  report: PassReport,
  shown: object,
  { mesh }: Config,
  confirmDeletes: boolean,
): string {
  const salt = randomBytes(16).toString('hex');
  const head: PlanFile = {
    ...{ format, version, mesh, target: report.kong?.target ?? null, confirmDeletes, salt },
    digests: {
      kong: digest(salt, kongPart(report.kong?.plan.changes ?? [])),
      dataplane: digest(salt, dataplanePart(plannedIn(report))),
      links: digest(salt, linksPart(plannedIn(report))),
    },
  };
  return `${JSON.stringify({ ...head, plan: shown }, null, 2)}\n`;
}

/** @throws MeshdError PLAN_UNWRITABLE. */
export async function writePlanFile(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(file, text, { mode: 0o600, secret: true });
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error);
    throw cliErrors.error('PLAN_UNWRITABLE', { file, cause }, { place: { file } });
  }
}

/** @throws MeshdError PLAN_UNREADABLE, PLAN_INVALID, PLAN_OTHER_MESH, and those of standard input. */
export async function readPlanFile(file: string, { mesh }: Config): Promise<PlanFile> {
  const text = file === stdinPath ? await readStdin('plan') : await read(file);
  const parsed = PlanFile.safeParse(parse(text.toString('utf8')));
  if (!parsed.success) throw cliErrors.error('PLAN_INVALID', { file, format });
  const plan = parsed.data;
  if (plan.mesh !== mesh) throw cliErrors.error('PLAN_OTHER_MESH', { planned: plan.mesh, mesh });
  return plan;
}

/**
 * Lets a pass do what the plan holds and nothing else: each part is compared right before it is written.
 * @throws (when called back) MeshdError PLAN_MOVED.
 */
export function approvalOf({ salt, digests }: PlanFile): Approval {
  const expect = (part: Part, text: string): void => {
    if (digests[part] !== digest(salt, text)) {
      throw cliErrors.error('PLAN_MOVED', { what: words[part] });
    }
  };
  return {
    mesh(planned) {
      expect('dataplane', dataplanePart(planned));
      expect('links', linksPart(planned));
    },
    kong(changes) {
      expect('kong', kongPart(changes));
    },
  };
}

/** The whole of a dry run, before anything is written. @throws MeshdError PLAN_MOVED. */
export function approveReport(approval: Approval, report: PassReport): void {
  approval.mesh(plannedIn(report));
  approval.kong(report.kong?.plan.changes ?? []);
}

function plannedIn({ dataplane, links }: PassReport): PlannedMesh {
  return { expanding: dataplane.expanded, contracting: dataplane.contracted, links };
}

function kongPart(changes: readonly Change[]): string {
  const whole = ({ type, id, fields, references }: Entity) => ({ type, id, fields, references });
  return JSON.stringify(
    changes.map((change) => [
      change.op,
      change.op === 'create' ? null : whole(change.previous),
      change.op === 'delete' ? null : whole(change.next),
    ]),
  );
}

function dataplanePart({ expanding, contracting }: PlannedMesh): string {
  return JSON.stringify([expanding, contracting]);
}

/** Without why they lead there: health comes and goes. */
function linksPart({ links }: PlannedMesh): string {
  return JSON.stringify(
    links.map(({ entity, outcome }) => [
      entity,
      outcome.state,
      outcome.state === 'unresolved' ? null : [outcome.address.host, outcome.address.port],
      outcome.state === 'linked' ? outcome.service : null,
    ]),
  );
}

function digest(salt: string, text: string): string {
  const short = createHash('sha256').update(text).digest();
  return scryptSync(short, salt, 32).toString('hex');
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error);
    throw cliErrors.error('PLAN_UNREADABLE', { file, cause }, { place: { file } });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
