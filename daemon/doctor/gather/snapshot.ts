import { stat } from 'node:fs/promises';

import type { Catalog } from '../../../catalog/catalog';
import { MeshdError } from '../../../catalog/error';
import { readSnapshot, toSnapshot, type Snapshot } from '../../../catalog/snapshot';
import type { SnapshotFacts } from '../facts';

/** What the plugin reads, held against what the mesh shows. @param nowMs since the epoch. */
export async function gatherSnapshot(
  file: string,
  catalog: Catalog | undefined,
  nowMs: number,
): Promise<SnapshotFacts> {
  try {
    const snapshot = await readSnapshot(file);
    const { mtimeMs } = await stat(file);
    const ageMs = Math.max(0, Math.round(nowMs - mtimeMs));
    if (!catalog) return { file, ageMs };
    const wanted = toSnapshot(catalog);
    if (wanted.hash === snapshot.hash) return { file, ageMs, current: true };
    return { file, ageMs, current: false, differing: differing(snapshot, wanted) };
  } catch (error) {
    if (!(error instanceof MeshdError)) throw error;
    const { code, message, remedy } = error;
    return { file, problem: { code, message, remedy } };
  }
}

/** Whether a service is up or down changes often and is no address. */
function differing(a: Snapshot, b: Snapshot): readonly string[] {
  const before = addresses(a);
  const after = addresses(b);
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const changed = keys.filter((key) => before.get(key) !== after.get(key));
  return [...new Set(changed.map((key) => key.split('/')[1] ?? key))].sort();
}

function addresses({ services }: Snapshot): ReadonlyMap<string, string> {
  return new Map(
    services.map(({ kind, name, namespace = '', zone = '', ports }) => [
      [kind, name, namespace, zone].join('/'),
      JSON.stringify(ports.map(({ port, auto, addresses: known }) => [port, auto, known])),
    ]),
  );
}
