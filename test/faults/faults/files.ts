/** What can happen to a file and its folder. */
import { readFile, readlink, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { readIfPresent } from '../../../catalog/atomic-file';
import type { Begun, Path, Trial } from '../vocabulary';
import type { Places } from '../world/configuration';
import type { FaultWorld } from '../world/fault-world';

const run = promisify(execFile);

type FileOf = (places: Places) => string;

/** Writers that died left them long ago: waited for in no time. */
export async function ageLeftovers(world: FaultWorld): Promise<void> {
  const old = new Date(Date.now() - 3_600_000);
  for (const name of await world.leftovers()) {
    await utimes(join(dirname(world.places.snapshot), name), old, old);
  }
}

export function diskFull(says: readonly string[]): Trial {
  return {
    says,
    async begin(world): Promise<Begun> {
      const { disk, daemon } = world;
      if (disk.mounted) await disk.fill();
      else await daemon.control({ refuse: { folder: disk.folder, code: 'ENOSPC' } });
      return { end: () => (disk.mounted ? disk.free() : daemon.control({})) };
    },
  };
}

export function readOnly(says: readonly string[]): Trial {
  return {
    says,
    async begin(world): Promise<Begun> {
      const { disk, daemon } = world;
      if (disk.mounted) await disk.setReadOnly(true);
      else await daemon.control({ refuse: { folder: disk.folder, code: 'EROFS' } });
      return { end: () => (disk.mounted ? disk.setReadOnly(false) : daemon.control({})) };
    },
  };
}

/**
 * A link in place of the file leads to something of the user's, which must stay as it is.
 * @param content of what it leads to, made of what the file held.
 */
export function symlinked(
  file: FileOf,
  more: Omit<Trial, 'begin'> = {},
  content: (text: string) => string = () => 'precious\n',
): Trial {
  return {
    spoilsFiles: true,
    ...more,
    async begin(world): Promise<Begun> {
      const path = file(world.places);
      const victim = join(world.sandbox.folder, 'precious.txt');
      const precious = content(await readFile(path, 'utf8'));
      await writeFile(victim, precious);
      const link = `${path}.link`;
      await symlink(victim, link);
      await rename(link, path);
      return {
        atOnce: true,
        end: () => Promise.resolve(),
        async check() {
          const now = await readFile(victim, 'utf8');
          const target = await readlink(path).catch(() => undefined);
          await rm(victim);
          return [
            ...(now === precious ? [] : ['the file that the link led to was changed']),
            ...(target === undefined ? [] : ['the link is still there']),
          ];
        },
      };
    },
  };
}

/** Somebody else's writing: the content is another one, written in place. */
export function overwritten(
  file: FileOf,
  change: (text: string) => string | undefined,
  more: Omit<Trial, 'begin'> = {},
): Trial {
  return {
    spoilsFiles: true,
    ...more,
    async begin(world): Promise<Begun> {
      const path = file(world.places);
      const content = change(await readFile(path, 'utf8'));
      if (content === undefined) await rm(path);
      else await writeFile(path, content);
      // Whoever loads the file has loaded it by then.
      if (world.form === 'file') await new Promise((resolve) => setTimeout(resolve, 200));
      return {
        atOnce: true,
        end: () => Promise.resolve(),
        healed: async () => ![undefined, content].includes(await readIfPresent(path)),
      };
    },
  };
}

/** A pipe in its place: whoever opens it waits for a writer that never comes. */
export function pipeInPlace(file: FileOf, more: Omit<Trial, 'begin'> = {}): Trial {
  return {
    spoilsFiles: true,
    ...more,
    async begin(world): Promise<Begun> {
      const path = file(world.places);
      await run('mkfifo', [`${path}.pipe`]);
      await rename(`${path}.pipe`, path);
      return { atOnce: true, end: () => Promise.resolve() };
    },
  };
}

/** The daemon, or the plugin server too, starts without the file. */
export function missingAtStart(
  file: FileOf,
  mayRefuse: readonly Path[],
  withPluginServer: boolean,
): Trial {
  return {
    spoilsFiles: true,
    mayRefuse,
    async begin(world): Promise<Begun> {
      await world.daemon.child.stop();
      await rm(file(world.places));
      if (withPluginServer) await world.startPluginServer();
      return {
        async end() {
          await world.startDaemon();
        },
      };
    },
  };
}
