/** An observation on disk: what a restart during an outage begins with. */
import * as z from 'zod';

import { writeFileAtomic } from '../../catalog/atomic-file';
import type { Failure } from '../../catalog/error';
import { readOwnFile } from '../../catalog/own-file';
import { meshServiceKinds } from '../../catalog/service';
import { sourceErrors } from './errors';
import type { Observation } from './source';

export interface StoredObservation {
  readonly observation: Observation;
  readonly sinceMs: number;
}

/** Raised when a reader of the old version would misread the new one. */
const formatVersion = 1;

const Labels = z.record(z.string(), z.string());
const Port = z.int().min(1).max(65535);

const StoredService = z.object({
  kind: z.enum(meshServiceKinds),
  name: z.string(),
  namespace: z.string().exactOptional(),
  zone: z.string().exactOptional(),
  mesh: z.string(),
  resource: z.string(),
  labels: Labels,
  hostnames: z.array(z.string()),
  ports: z.array(
    z.object({
      port: Port,
      name: z.string().exactOptional(),
      protocol: z.string().exactOptional(),
      tag: z.string().exactOptional(),
      servedAt: z.object({ hostnames: z.array(z.string()), port: Port }).exactOptional(),
    }),
  ),
  alias: z.literal(true).exactOptional(),
  vips: z.array(z.string()),
  availability: z.enum(['available', 'unavailable', 'unknown']),
  selects: Labels.exactOptional(),
  endpoints: z.object({ total: z.int(), healthy: z.int() }).exactOptional(),
});

const StoredTarget = z.discriminatedUnion('type', [
  z.object({ type: z.literal('tags'), tags: Labels }),
  z.object({
    type: z.literal('backendRef'),
    kind: z.string(),
    name: z.string().exactOptional(),
    labels: Labels,
    port: Port,
  }),
]);

const StoredGateway = z.object({
  mesh: z.string(),
  name: z.string(),
  zone: z.string().exactOptional(),
  address: z.string(),
  delegated: z.boolean(),
  plain: z.boolean().exactOptional(),
  service: z.string().exactOptional(),
  tags: Labels,
  labels: Labels,
  transparentProxy: z.boolean(),
  outbounds: z.array(z.object({ address: z.string(), port: Port, target: StoredTarget })),
});

const StoredFailure = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  remedy: z.string(),
  place: z
    .object({ file: z.string(), line: z.int().exactOptional(), column: z.int().exactOptional() })
    .exactOptional(),
  entity: z.string().exactOptional(),
});

const Stored = z.object({
  version: z.literal(formatVersion),
  about: z.string(),
  mesh: z.string(),
  services: z.array(StoredService),
  gateways: z.array(StoredGateway),
  failures: z.array(StoredFailure),
  controlPlane: z.object({ version: z.string(), legacyKinds: z.boolean() }).exactOptional(),
  revision: z.string(),
});

/** @returns undefined where there is no file; never rejects. */
export async function readObservation(
  file: string,
  about: string,
): Promise<
  | { readonly ok: true; readonly stored: StoredObservation }
  | { readonly ok: false; readonly failure: Failure }
  | undefined
> {
  try {
    const own = await readOwnFile(file);
    if (!own) return undefined;
    const { text, mtimeMs, foreign } = own;
    if (foreign) return unusable(file, 'another user can write to it');
    const parsed = Stored.safeParse(JSON.parse(text));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return unusable(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'}`);
    }
    const { mesh, services, gateways, failures, controlPlane, revision } = parsed.data;
    if (parsed.data.about !== about) return unusable(file, 'it is about another mesh or gateway');
    const observation = Object.freeze({
      ...{ mesh, services, gateways, failures, revision },
      ...(controlPlane ? { controlPlane } : {}),
    });
    return { ok: true, stored: { observation, sinceMs: mtimeMs } };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return unusable(file, code ?? 'it is not valid JSON');
  }
}

/** Replaces the file at once; readable by the daemon's own user. @returns why it could not. */
export async function writeObservation(
  file: string,
  about: string,
  { mesh, services, gateways, failures, controlPlane, revision }: Observation,
): Promise<Failure | undefined> {
  const stored = {
    ...{ version: formatVersion, about, mesh, services, gateways, failures, revision },
    ...(controlPlane ? { controlPlane } : {}),
  };
  try {
    await writeFileAtomic(file, `${JSON.stringify(stored)}\n`, { mode: 0o600, secret: true });
    return undefined;
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error);
    return sourceErrors.failure('LAST_GOOD_UNWRITABLE', { file, cause }, { place: { file } });
  }
}

function unusable(file: string, cause: string): { readonly ok: false; readonly failure: Failure } {
  const failure = sourceErrors.failure('LAST_GOOD_UNUSABLE', { file, cause }, { place: { file } });
  return { ok: false, failure };
}
