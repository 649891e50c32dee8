import type { Rule } from '../rule';

export const snapshotOpen: Rule = {
  code: 'KM610',
  name: 'snapshot-open',
  severity: 'warning',
  title: 'Everybody on the machine can replace the snapshot',
  why: 'The plugin sends requests to the addresses that the snapshot names. Whoever may write to the file or to its folder chooses where they go, past mTLS and every policy. In a Pod only its own containers see the volume, so that nothing is said there.',
  fix: 'Keep the snapshot in a folder that only the daemon can write to and the plugin server can read, as the systemd units do: `chmod o-w` on what is named.',
  check({ facts: { settings, snapshot } }) {
    const { writableByAll = [], file } = snapshot ?? {};
    if (settings.environment === 'kubernetes' || writableByAll.length === 0) return [];
    return [
      {
        subject: `snapshot ${file ?? ''}`,
        cause: 'Every user of the machine can put another snapshot in its place.',
        evidence: writableByAll.map((path) => `${path} is writable by all`),
      },
    ];
  },
};
