import { defineErrors } from './error';

export const catalogErrors = defineErrors({
  SNAPSHOT_REPLACED: {
    message: 'The snapshot {file} was replaced by another file, which cannot be seen from here.',
    remedy:
      'Mount the folder of the snapshot into the container, not the file alone: a mounted file stays the old one.',
  },
  SNAPSHOT_UNREADABLE: {
    message: 'The snapshot {file} cannot be read: {cause}.',
    remedy:
      'Check that the daemon has written it and that the plugin server may read it; the last good snapshot stays in use.',
  },
  SNAPSHOT_INVALID: {
    message: 'The snapshot {file} is not valid: {cause}.',
    remedy:
      'Let the daemon write it again (kong-meshd sync); do not edit it by hand. The last good snapshot stays in use.',
  },
  SNAPSHOT_VERSION: {
    message:
      'The snapshot {file} has format version {version}, this build reads version {expected}.',
    remedy: 'Run the daemon and the plugin server from the same release.',
  },
});
