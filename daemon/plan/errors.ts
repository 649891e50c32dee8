import { defineErrors } from '../../catalog/error';

export const planErrors = defineErrors({
  DELETIONS_HELD_BACK: {
    severity: 'warning',
    message:
      '{count} deletions out of {owned} entities that kong-meshd applied are held back, because {doubt}: {examples}.',
    remedy:
      'If they are meant, confirm them with `kong-meshd sync --confirm-deletes`; otherwise check why so much is missing. {release}',
  },
  DELETIONS_NEVER_APPLIED: {
    severity: 'warning',
    message:
      '{count} entities at the gateway are not in the files and were never applied by kong-meshd, so they are not deleted: {examples}.',
    remedy:
      'Add them to the Kong configuration, or mark your own entities with select tags; to delete them, run `kong-meshd sync --confirm-deletes` once or set kong.prune to all.',
  },
  DELETION_TAKES_OTHERS: {
    severity: 'warning',
    message:
      'It is not deleted: Kong would delete {children} with it, never applied by kong-meshd.',
    remedy:
      'Move {children} elsewhere first, or delete both with `kong-meshd sync --confirm-deletes`.',
  },
  CHANGES_WAIT_FOR_DELETIONS: {
    severity: 'warning',
    message: '{count} changes wait for deletions that are held back: {examples}.',
    remedy: 'Confirm the deletions with `kong-meshd sync --confirm-deletes`, or take them back.',
  },
  DELETIONS_WAIT_FOR_FILE: {
    severity: 'warning',
    message:
      'Kong keeps {count} entities that the files no longer show ({examples}), because something in the files could not be read.',
    remedy: 'Correct the errors in the Kong configuration; then what is really gone is deleted.',
  },
  CHANGES_WAIT_FOR_FILE: {
    severity: 'warning',
    message:
      'The files changed a moment ago and may be half written: what they change ({count}: {examples}) waits until they have stood unchanged for a while.',
    remedy:
      'Nothing: it happens by itself, after kong.settle. A file that is written beside and renamed is taken at once, unless it deletes something.',
  },
  KEPT_SERVICE_CLOSED: {
    severity: 'warning',
    message:
      'Its deletion waits, and the mesh has given its address {address} to {owner}: Kong answers 503 for it.',
    remedy:
      'Confirm the deletion with `kong-meshd sync --confirm-deletes`, or bring its mesh service back.',
  },
  REFERENCE_NOT_AT_GATEWAY: {
    message: '{field} refers to {target}, which is in none of the files and not at the gateway.',
    remedy: 'Correct the reference, or add the entity to the files.',
  },
  ROUTE_WAITS_FOR_PLUGIN: {
    message: 'It is not made live without {parent}, which is meant for it and is left out.',
    remedy: 'Correct {parent}; the route goes live together with it.',
  },
  GUARD_KEPT: {
    severity: 'warning',
    message:
      'It stays as it is, because {parent} is missing: a route must not lose its plugins before.',
    remedy: 'Correct {parent}; then this change is made as well.',
  },
});
