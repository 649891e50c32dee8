/** Renaming a gateway by its `kuma.io/service`: the stages, judged by what is known of permissions. Pure. */
import { judgeRename, type NameVerdict, type Permissions } from './permissions';
import { planOf, type RenamePlan, type RenameStage } from './rename-stages';

export interface RenameInputs {
  readonly dataplane: string;
  readonly mesh: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly permissions: Permissions;
}

/** The stages of one gateway's rename, in their order. Pure. */
export function planRename(inputs: RenameInputs): RenamePlan {
  const { dataplane, from, to } = inputs;
  const isDone = from === to;
  return planOf({ dataplane, key: 'kuma.io/service', from, to }, [
    permissionStage(inputs),
    tokenStage(inputs),
    {
      stage: 'tag',
      status: isDone ? 'done' : 'due',
      what: isDone ? `kuma.io/service is ${to}.` : `kuma.io/service is ${from ?? 'not set'}.`,
    },
    connectionsStage(inputs),
  ]);
}

function permissionStage({ mesh, from, to, tags, permissions }: RenameInputs): RenameStage {
  const stage = 'permission';
  if (!permissions.enforced) {
    return { stage, status: 'done', what: 'The mesh has no mTLS: no permission is enforced.' };
  }
  const before = { mesh, service: from ?? to, tags };
  const { state, policies } = judgeRename(permissions, before, { mesh, service: to, tags });
  const listed = policies.join(', ');
  const found: Readonly<Record<NameVerdict['state'], RenameStage>> = {
    allowed: { stage, status: 'done', what: `Whatever allows ${before.service} allows ${to}.` },
    narrowed: {
      stage,
      status: 'blocked',
      what: `Not all that allows ${before.service} allows ${to}: ${listed}.`,
      remedy: `Allow both names in ${listed} until the rename is over.`,
    },
    missing: {
      stage,
      status: 'blocked',
      what: `No MeshTrafficPermission allows ${to}.`,
      remedy: `Allow both names${listed === '' ? '' : ` in ${listed}`} until the rename is over.`,
    },
    unknown: {
      stage,
      status: 'check',
      what: 'Some permissions select by other means than the name, or cannot be read.',
      remedy: `Check that every permission which lets ${before.service} in lets ${to} in too.`,
    },
  };
  return found[state];
}

function tokenStage({ dataplane, from, to }: RenameInputs): RenameStage {
  return {
    stage: 'token',
    status: 'check',
    what: 'The token of the proxy cannot be read; its tags are checked when the proxy starts.',
    remedy: `Give kuma-dp a token for name ${dataplane}, or for kuma.io/service ${[from, to]
      .filter((name, index, names) => name !== undefined && names.indexOf(name) === index)
      .join(' and ')}, before its next start.`,
  };
}

function connectionsStage({ from, to }: RenameInputs): RenameStage {
  return {
    stage: 'connections',
    status: 'check',
    what: 'Open connections to the services keep the identity they were opened with.',
    remedy: `Restart kuma-dp, or wait until they are drained, before ${from === to || from === undefined ? 'the old name' : from} is denied.`,
  };
}
