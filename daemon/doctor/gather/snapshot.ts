import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

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
  const base = { file, writableByAll: await writableByAll(file) };
  try {
    const wanted = catalog && toSnapshot(catalog);
    const snapshot = await readSnapshot(file, wanted);
    const { mtimeMs } = await stat(file);
    const known = { ...base, hash: snapshot.hash, ageMs: Math.max(0, Math.round(nowMs - mtimeMs)) };
    if (!wanted) return known;
    if (wanted.hash === snapshot.hash) return { ...known, current: true };
    return { ...known, current: false, differing: differing(snapshot, wanted) };
  } catch (error) {
    if (!(error instanceof MeshdError)) throw error;
    const { code, message, remedy } = error;
    return { ...base, problem: { code, message, remedy } };
  }
}

const byAll = 0o002;
/** In such a folder, like /tmp, nobody can rename over what belongs to another user. */
const sticky = 0o1000;

async function writableByAll(file: string): Promise<readonly string[]> {
  const modeOf = async (path: string): Promise<number> => {
    const found = await stat(path).catch(() => undefined);
    return found?.mode ?? 0;
  };
  const folder = dirname(file);
  const [fileMode, folderMode] = [await modeOf(file), await modeOf(folder)];
  return [
    ...((fileMode & byAll) === 0 ? [] : [file]),
    ...((folderMode & byAll) === 0 || (folderMode & sticky) !== 0 ? [] : [folder]),
  ];
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
