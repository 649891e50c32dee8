import { defineErrors } from '../../catalog/error';

export const planErrors = defineErrors({
  DELETIONS_HELD_BACK: {
    severity: 'warning',
    message:
      '{count} deletions out of {owned} owned entities are held back, because {doubt}: {examples}.',
    remedy:
      'If they are meant, confirm them with --confirm-deletes; if not, look why the mesh or the file shows so little. They are believed once they persist.',
  },
  DELETIONS_WAIT_FOR_FILE: {
    severity: 'warning',
    message:
      'Kong keeps {count} entities that the files no longer show ({examples}), because something in the files could not be read.',
    remedy: 'Correct the errors in the Kong configuration; then what is really gone is deleted.',
  },
  KEPT_SERVICE_CLOSED: {
    severity: 'warning',
    message:
      'Its deletion waits, and the mesh has given its address {address} to {owner}: Kong answers 503 for it.',
    remedy:
      'Confirm the deletion with `kong-meshd sync --confirm-deletes`, or bring its mesh service back.',
  },
  ROUTE_WAITS_FOR_PLUGIN: {
    message: 'It is not made live: a plugin that is meant for it could not be read.',
    remedy:
      'Correct that plugin, on the route or its service; the route goes live together with it.',
  },
});
