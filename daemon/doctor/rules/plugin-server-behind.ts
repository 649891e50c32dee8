import type { Found, Rule } from '../rule';

/** A plugin server follows a new snapshot within this time as a rule. */
const followsMs = 10_000;

export const pluginServerBehind: Rule = {
  code: 'KM611',
  name: 'plugin-server-behind',
  severity: 'error',
  title: 'The plugin server serves another snapshot',
  why: 'The plugin server answers by a snapshot that is not the one that the daemon wrote: it reads another file (`config.snapshot`, --snapshot, a mount of a single file that keeps the old one), or it may no longer read this one. Requests go to addresses that the mesh may have given to others.',
  fix: 'Let both name the same file, mount its folder rather than the file, and let the plugin server read it; `kong_meshd_plugin_server_snapshot_info` tells what it serves.',
  check({ facts: { pluginServers = [], snapshot } }): readonly Found[] {
    const { hash, ageMs = Infinity } = snapshot ?? {};
    if (hash === undefined || ageMs < followsMs) return [];
    return pluginServers.flatMap(({ socket, snapshotHashes = [] }) => {
      const others = snapshotHashes.filter((served) => served !== hash);
      if (others.length === 0) return [];
      return [
        {
          subject: 'plugin server',
          cause: `The plugin server at ${socket} answers by the snapshot ${short(others[0])}, and the daemon's is ${short(hash)}.`,
        },
      ];
    });
  },
};

function short(hash = ''): string {
  return hash.slice(0, 12);
}
