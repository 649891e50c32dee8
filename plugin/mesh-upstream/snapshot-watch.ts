/**
 * The current snapshot of a path, kept fresh. One watch a path, shared by all plugin instances: Kong
 * starts one per worker and config, and anew at every config push.
 */
import { dirname, resolve } from 'node:path';

import { watch, type FSWatcher } from 'chokidar';

import { MeshdError } from '../../catalog/error';
import { bindingKey } from '../../catalog/bindings';
import { catalogErrors } from '../../catalog/errors';
import type { LookupResult, Reference } from '../../catalog/lookup';
import { serviceKey } from '../../catalog/service';
import type { SnapshotService } from '../../catalog/snapshot';
import { log as pluginLog, type Log } from './log';
import { readServiceTable, type ServiceTable } from './service-table';
import { identifyFile, openSnapshotFile } from './snapshot-file';

export interface SnapshotWatch {
  /** The last good snapshot; undefined until there was one. It stays through any later failure. */
  readonly current: ServiceTable | undefined;
  /**
   * When the file was last seen to hold `current`, as performance.now() counts; before that ever was,
   * when the watch began.
   */
  readonly goodAtMs: number;
  /** Why outbound addresses of `current` cannot be relied on by now; undefined while they can. */
  readonly distrust: string | undefined;
  /** Looks references up in `current`, each staying with the service that it once meant. */
  find(reference: Reference): LookupResult<SnapshotService>;
  /** Resolves once the first attempt to read is over, well or badly. Never rejects. */
  readonly firstRead: Promise<void>;
  /** Reads again if the file is another one than last time. Never rejects. */
  refresh(): Promise<void>;
  /** Ends the watching; the current snapshot stays. */
  close(): Promise<void>;
}

export interface WatchOptions {
  /** A lost event heals after this time. */
  readonly rereadMs?: number;
  readonly log?: Log;
}

/**
 * How long after an event the file is looked at. A writer's burst counts as one; the second look is
 * for what came within the few milliseconds in which chokidar drops events.
 */
const looksMs = [20, 500] as const;

/** Starts to watch; nothing of it keeps the process alive. */
export function watchSnapshot(path: string, options: WatchOptions = {}): SnapshotWatch {
  const { rereadMs = 10_000, log = pluginLog } = options;
  let current: ServiceTable | undefined;
  let goodAtMs = performance.now();
  /** When the file was last seen with a new time of change. */
  let renewedAtMs = performance.now();
  let changedNs: bigint | undefined;
  /** What references meant so far: a snapshot of a daemon that does not know of them says nothing. */
  const remembered = new Map<string, string>();
  /** Whether the file as it was last read is the one in use. */
  let inUse = false;
  let lastChecksum: string | undefined;
  let lastIdentity: string | undefined;
  let reading: Promise<void> | undefined;
  let again = false;
  let closed = false;

  async function read(): Promise<void> {
    try {
      const { identity, mtimeNs, isReplaced } = await identifyFile(path);
      if (isReplaced) throw catalogErrors.error('SNAPSHOT_REPLACED', { file: path });
      noteChange(mtimeNs);
      if (identity === lastIdentity) {
        if (inUse) goodAtMs = performance.now();
        return;
      }
      const file = await openSnapshotFile(path);
      try {
        const checksum = await file.checksum();
        // Set before parsing: a bad file is reported once, not at every tick of the timer.
        lastIdentity = identity;
        if (checksum === lastChecksum) {
          if (inUse) goodAtMs = performance.now();
          return;
        }
        lastChecksum = checksum;
        inUse = false;
        const previous = current;
        current = await readServiceTable(file, path);
        previous?.retire();
        inUse = true;
        goodAtMs = performance.now();
      } finally {
        await file.close();
      }
      log('info', 'snapshot read', { path, services: current.size, hash: current.hash });
    } catch (cause) {
      report(cause);
    }
  }

  /** By the clock of the process: that of the machine may be put forward or back at any time. */
  function noteChange(mtimeNs: bigint): void {
    if (mtimeNs === changedNs) return;
    const ageMs = Math.max(0, Date.now() - Number(mtimeNs / 1_000_000n));
    renewedAtMs = performance.now() - (changedNs === undefined ? ageMs : 0);
    changedNs = mtimeNs;
  }

  function distrust(): string | undefined {
    const trustMs = current?.trustMs;
    if (trustMs === undefined) return undefined;
    const nowMs = performance.now();
    if (nowMs - goodAtMs > trustMs) return 'it could not be read any more for too long';
    const isOld = current?.renewed === true && nowMs - renewedAtMs > trustMs;
    return isOld ? 'no daemon has renewed it for too long' : undefined;
  }

  function report(cause: unknown): void {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const error =
      cause instanceof MeshdError
        ? cause
        : catalogErrors.error('SNAPSHOT_UNREADABLE', { file: path, cause: reason });
    const { code, message, remedy } = error;
    log('warn', message, { code, remedy, inUse: current?.hash ?? null });
  }

  /** One read at a time; what comes in meanwhile leads to exactly one more. */
  async function refresh(): Promise<void> {
    if (reading) {
      again = true;
      return reading;
    }
    reading = (async () => {
      do {
        again = false;
        await read();
      } while (again as boolean);
    })();
    try {
      await reading;
    } finally {
      reading = undefined;
    }
  }

  const firstRead = refresh();
  const timer = setInterval(() => void refresh(), rereadMs).unref();
  const watcher = watchFolder(dirname(path), () => void (closed ? undefined : refresh()));
  return {
    get current() {
      return current;
    },
    get goodAtMs() {
      return goodAtMs;
    },
    get distrust() {
      return distrust();
    },
    find(reference) {
      if (!current) return { found: false, miss: { reason: 'unknown-service' } };
      const result = current.find(reference, remembered);
      if (result.found) remembered.set(bindingKey(reference.service), serviceKey(result.service));
      return result;
    },
    firstRead,
    refresh,
    async close() {
      closed = true;
      clearInterval(timer);
      await watcher?.close();
    },
  };
}

const watches = new Map<string, SnapshotWatch>();

/** The watch of a path; the first caller starts it. */
export function sharedSnapshotWatch(path: string): SnapshotWatch {
  const key = resolve(path);
  let found = watches.get(key);
  if (!found) {
    found = watchSnapshot(key);
    watches.set(key, found);
  }
  return found;
}

/** All shared watches by their full path, in the order in which they began. */
export function sharedSnapshotWatches(): ReadonlyMap<string, SnapshotWatch> {
  return watches;
}

/** Ends all shared watches, for a process that goes on without the plugin. */
export async function closeSnapshotWatches(): Promise<void> {
  const all = [...watches.values()];
  watches.clear();
  await Promise.all(all.map((each) => each.close()));
}

/**
 * The folder and not the file: an atomic rename or a ConfigMap's swapped symlink replaces the file
 * under its watch, which then sees nothing more. Without a watch the timer alone must do.
 */
function watchFolder(folder: string, changed: () => void): FSWatcher | undefined {
  let looks: readonly NodeJS.Timeout[] = [];
  try {
    const watcher = watch(folder, {
      depth: 0,
      persistent: false,
      ignoreInitial: true,
      followSymlinks: false,
    });
    return watcher
      .on('all', () => {
        looks.forEach((look) => clearTimeout(look));
        looks = looksMs.map((delayMs) => setTimeout(changed, delayMs).unref());
      })
      .on('error', () => undefined);
  } catch {
    return undefined;
  }
}
