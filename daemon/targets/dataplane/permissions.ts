/** Who lets a gateway in by name: MeshTrafficPermissions, as far as a name can be judged by them. */
import * as z from 'zod';

import { createListReader } from '../../sources/kuma/list-reader';
import type { Connection } from '../../sources/kuma/connection';
import { missing, readJson } from '../../sources/kuma/read-reply';

const Tags = z.record(z.string(), z.string()).nullish();
const TargetRef = z.object({ kind: z.string().nullish(), name: z.string().nullish(), tags: Tags });
const Match = z.object({
  spiffeID: z.object({ type: z.string().nullish(), value: z.string().nullish() }).nullish(),
});
const Matches = z.array(Match).nullish();

const MeshTrafficPermission = z.object({
  name: z.string(),
  spec: z
    .object({
      targetRef: z.looseObject({}).nullish(),
      from: z
        .array(
          z.object({
            targetRef: TargetRef.nullish(),
            default: z.object({ action: z.string().nullish() }).nullish(),
          }),
        )
        .nullish(),
      rules: z
        .array(
          z.object({
            default: z
              .object({ allow: Matches, allowWithShadowDeny: Matches, deny: Matches })
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});
export type MeshTrafficPermission = z.infer<typeof MeshTrafficPermission>;

export interface Permissions {
  /** False: the mesh has no mTLS, and permissions mean nothing. */
  readonly enforced: boolean;
  readonly policies: readonly MeshTrafficPermission[];
  /** All policies could be read and understood. */
  readonly complete: boolean;
}

/** @throws MeshdError of a connection, or where the API denies the look. */
export async function readPermissions(
  connection: Connection,
  mesh: string,
  signal: AbortSignal,
): Promise<Permissions> {
  await connection.refresh(signal);
  const path = `/meshes/${encodeURIComponent(mesh)}`;
  const reply = await connection.get(path, signal);
  const value = missing(reply) ? {} : readJson(reply, { url: connection.url, path });
  const mtls = MeshMtls.safeParse(value).data?.mtls;
  const list = createListReader({
    type: 'MeshTrafficPermission',
    mesh,
    list: 'meshtrafficpermissions',
    resource: MeshTrafficPermission,
  });
  const { values, failures } = await list.read(connection, signal);
  // From 3.0 on the mesh says nothing of mTLS: permissions by SPIFFE id count all the same.
  const byIdentity = values.some(({ spec }) => (spec?.rules ?? []).length > 0);
  return {
    enforced: Boolean(mtls?.enabledBackend) || byIdentity,
    policies: values,
    complete: failures.length === 0,
  };
}

const MeshMtls = z.object({ mtls: z.object({ enabledBackend: z.string().nullish() }).nullish() });

/** Who asks: its name, and its other tags, which a rename leaves as they are. */
export interface Caller {
  readonly mesh: string;
  readonly service: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Where a MeshIdentity makes it; by default that of the name. */
  readonly spiffeId?: string;
}

export interface NameVerdict {
  /**
   * `allowed`: whatever lets the old name in lets the new one in. `narrowed`: some policies do not.
   * `missing`: none lets the new one in at all. `unknown`: not all of them can be judged by a name.
   */
  readonly state: 'allowed' | 'narrowed' | 'missing' | 'unknown';
  /** The policies that stand against it: those that let only the old name in, or deny the new one. */
  readonly policies: readonly string[];
}

/** Compares what two names may do. Pure. */
export function judgeRename(
  { enforced, policies, complete }: Permissions,
  before: Caller,
  after: Caller,
): NameVerdict {
  if (!enforced) return { state: 'allowed', policies: [] };
  const judged = policies.map((policy) => ({
    policy,
    old: effectOn(policy, before),
    new: effectOn(policy, after),
  }));
  const allowing = judged.filter((one) => one.new === 'allow');
  const standIns = new Set(allowing.map(({ policy }) => targetOf(policy)));
  const against = judged.filter(
    ({ policy, old, new: now }) =>
      (now === 'deny' && old !== 'deny') ||
      (old === 'allow' &&
        now === 'none' &&
        !standIns.has(targetOf(policy)) &&
        !standIns.has(wholeMesh)),
  );
  const names = against.map(({ policy }) => policy.name);
  const unclear = !complete || judged.some((one) => one.new === 'unknown' || one.old === 'unknown');
  if (allowing.length === 0 && policies.length > 0 && !unclear) {
    const old = judged.filter((one) => one.old === 'allow').map(({ policy }) => policy.name);
    return { state: 'missing', policies: names.length > 0 ? names : old };
  }
  if (names.length > 0) return { state: 'narrowed', policies: names };
  return { state: unclear ? 'unknown' : 'allowed', policies: [] };
}

type Effect = 'allow' | 'deny' | 'none' | 'unknown';
type Hit = 'yes' | 'no' | 'unknown';

const wholeMesh = 'Mesh';

function targetOf({ spec }: MeshTrafficPermission): string {
  const target = spec?.targetRef;
  return !target || target['kind'] === 'Mesh' ? wholeMesh : JSON.stringify(target);
}

/** Denials win in `rules`; in `from` the last entry that fits does. */
function effectOn({ spec }: MeshTrafficPermission, caller: Caller): Effect {
  let effect: Effect = 'none';
  for (const { targetRef, default: conf } of spec?.from ?? []) {
    const hit = hitsFrom(targetRef, caller);
    if (hit === 'unknown') return 'unknown';
    if (hit === 'yes') effect = conf?.action?.startsWith('Allow') === true ? 'allow' : 'deny';
  }
  for (const { default: conf } of spec?.rules ?? []) {
    const denied = hitsAny(conf?.deny, caller);
    const allowed = hitsAny([...(conf?.allow ?? []), ...(conf?.allowWithShadowDeny ?? [])], caller);
    if (denied === 'yes') return 'deny';
    if (denied === 'unknown' || allowed === 'unknown') return 'unknown';
    if (allowed === 'yes') effect = 'allow';
  }
  return effect;
}

function hitsFrom(
  targetRef: z.infer<typeof TargetRef> | null | undefined,
  { service, tags }: Caller,
): Hit {
  const wanted = Object.entries(targetRef?.tags ?? {});
  const all = { ...tags, 'kuma.io/service': service } as Readonly<Record<string, string>>;
  const tagsFit = wanted.every(([key, value]) => all[key] === value);
  switch (targetRef?.kind ?? 'Mesh') {
    case 'Mesh':
      return 'yes';
    case 'MeshSubset':
      return tagsFit ? 'yes' : 'no';
    case 'MeshService':
    case 'MeshServiceSubset':
      return targetRef?.name === service && tagsFit ? 'yes' : 'no';
    default:
      return 'unknown';
  }
}

function hitsAny(matches: z.infer<typeof Matches>, caller: Caller): Hit {
  const hits = (matches ?? []).map((match) => hitsId(match, caller));
  return hits.find((hit) => hit === 'yes') ?? hits.find((hit) => hit === 'unknown') ?? 'no';
}

/** A SPIFFE id of another trust domain may still be made from the name: that cannot be told from here. */
function hitsId({ spiffeID }: z.infer<typeof Match>, { mesh, service, spiffeId }: Caller): Hit {
  const value = spiffeID?.value ?? '';
  if (spiffeId !== undefined) {
    const isPrefix = spiffeID?.type === 'Prefix';
    return (isPrefix ? spiffeId.startsWith(value) : spiffeId === value) ? 'yes' : 'no';
  }
  const id = `spiffe://${mesh}/${service}`;
  const isForeign = !value.startsWith(`spiffe://${mesh}/`);
  if (spiffeID?.type === 'Prefix')
    return id.startsWith(value) ? 'yes' : isForeign ? 'unknown' : 'no';
  if (value === id) return 'yes';
  return isForeign && value.split('/').includes(service) ? 'unknown' : 'no';
}
