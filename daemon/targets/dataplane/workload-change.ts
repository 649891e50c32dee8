/**
 * Changing the `kuma.io/workload` of a gateway, stage by stage. Unlike a tag the label is read only when a
 * certificate is made: until then destinations see the old SPIFFE ID, so both must be permitted meanwhile,
 * and the token of the proxy is bound to the workload.
 */
import { issuerOf, makeSpiffeId, type IdentityIssuer } from '../../../catalog/spiffe-id';
import type { Connection } from '../../sources/kuma/connection';
import { createListReader } from '../../sources/kuma/list-reader';
import { MeshIdentity } from '../../sources/resources/mesh-identity';
import { judgeRename, type NameVerdict, type Permissions } from './permissions';
import { planOf, type RenamePlan, type RenameStage } from './rename-stages';

export const workloadLabel = 'kuma.io/workload';

/** @throws MeshdError of a connection, or where the API denies the look. */
export async function readIssuers(
  connection: Connection,
  mesh: string,
  signal: AbortSignal,
): Promise<readonly IdentityIssuer[]> {
  const list = 'meshidentities';
  const reader = createListReader({ type: 'MeshIdentity', mesh, list, resource: MeshIdentity });
  return (await reader.read(connection, signal)).values;
}

export interface WorkloadInputs {
  readonly dataplane: string;
  readonly mesh: string;
  readonly zone?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly to: string;
  readonly permissions: Permissions;
  readonly issuers: readonly IdentityIssuer[];
}

/** SPIFFE IDs before and after; `unissued`: no MeshIdentity gives certificates by the label. */
export type IdChange =
  | { readonly state: 'unissued' | 'same' | 'unknown' }
  | { readonly state: 'changes'; readonly before: string | undefined; readonly after: string };

export function idChange(inputs: Omit<WorkloadInputs, 'permissions'>): IdChange {
  const { mesh, zone, labels, to, issuers } = inputs;
  const idOf = (workload: string | undefined): string | null | undefined => {
    const own = workload === undefined ? labels : { ...labels, [workloadLabel]: workload };
    const issuer = issuerOf(issuers, own);
    if (!issuer) return null;
    const made = makeSpiffeId({ mesh, zone, labels: own }, 'universal', issuer.templates);
    return made.known ? made.id : undefined;
  };
  const from = labels[workloadLabel];
  const [before, after] = [idOf(from), idOf(to)];
  if (after === null) return { state: 'unissued' };
  if (after === undefined || (before === undefined && from !== undefined)) {
    return { state: 'unknown' };
  }
  if (before === after) return { state: 'same' };
  return { state: 'changes', before: before ?? undefined, after };
}

/** Whether permissions let the new SPIFFE ID in where they let the old one in. Pure. */
export function judgeWorkload(
  { mesh, tags, permissions }: Pick<WorkloadInputs, 'mesh' | 'tags' | 'permissions'>,
  { before = '', after }: { readonly before?: string | undefined; readonly after: string },
): NameVerdict {
  const caller = { mesh, service: tags['kuma.io/service'] ?? '', tags };
  return judgeRename(permissions, { ...caller, spiffeId: before }, { ...caller, spiffeId: after });
}

/** The stages of one gateway's change, in their order. Pure. */
export function planWorkloadChange(inputs: WorkloadInputs): RenamePlan {
  const { dataplane, labels, to } = inputs;
  const from = labels[workloadLabel];
  const isDone = from === to;
  const change = idChange(inputs);
  return planOf({ dataplane, key: workloadLabel, from, to }, [
    permissionStage(inputs, change),
    tokenStage(inputs),
    {
      stage: 'label',
      status: isDone ? 'done' : 'due',
      what: `${workloadLabel} is ${from ?? 'not set'}.`,
    },
    certificateStage(change),
  ]);
}

function permissionStage(inputs: WorkloadInputs, change: IdChange): RenameStage {
  const stage = 'permission';
  if (!inputs.permissions.enforced) {
    return { stage, status: 'done', what: 'The mesh has no mTLS: no permission is enforced.' };
  }
  if (change.state === 'unissued') {
    const what = 'No MeshIdentity gives this gateway certificates: the label is no identity yet.';
    return { stage, status: 'done', what };
  }
  if (change.state === 'same') {
    return { stage, status: 'done', what: 'The SPIFFE ID stays the same.' };
  }
  if (change.state !== 'changes') {
    return {
      stage,
      status: 'check',
      what: 'The MeshIdentity makes SPIFFE IDs of what is not known here.',
      remedy: 'Check that permissions allow the SPIFFE IDs of both workloads.',
    };
  }
  const { before, after } = change;
  const { state, policies } = judgeWorkload(inputs, change);
  const listed = policies.length === 0 ? 'a MeshTrafficPermission' : policies.join(', ');
  const both = before === undefined ? after : `${after} beside ${before}`;
  const remedy = `Allow ${both} under rules in ${listed} until the next certificate is out.`;
  const found: Readonly<Record<NameVerdict['state'], RenameStage>> = {
    allowed: { stage, status: 'done', what: `Permissions let ${after} in.` },
    narrowed: { stage, status: 'blocked', what: `${listed} does not allow ${after}.`, remedy },
    missing: { stage, status: 'blocked', what: `Nothing allows ${after}.`, remedy },
    unknown: {
      stage,
      status: 'check',
      what: 'Some permissions select by other means than the SPIFFE ID, or cannot be read.',
      remedy: `Check that they allow ${both}.`,
    },
  };
  return found[state];
}

function tokenStage({ dataplane, to }: WorkloadInputs): RenameStage {
  return {
    stage: 'token',
    status: 'check',
    what: 'The token of the proxy cannot be read; where it is bound to a workload, that is checked when the proxy starts.',
    remedy: `Give kuma-dp a token for name ${dataplane} and workload ${to} before its next start: one for another workload is refused, and where a MeshIdentity gives the identity one for the name alone is, too.`,
  };
}

function certificateStage(change: IdChange): RenameStage {
  const stage = 'certificate';
  if (change.state === 'unissued' || change.state === 'same') {
    return { stage, status: 'done', what: 'The certificate does not depend on the label.' };
  }
  const old = change.state === 'changes' && change.before ? change.before : 'the old SPIFFE ID';
  return {
    stage,
    status: 'check',
    what: `Destinations see ${old} until the next certificate: the label is read when one is made.`,
    remedy: `Restart kuma-dp with its new token, or wait for the renewal, before ${old} is denied.`,
  };
}
