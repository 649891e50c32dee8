import { defineErrors } from '../../catalog/error';

export const reconcileErrors = defineErrors({
  OBSERVATION_HELD_BACK: {
    severity: 'warning',
    message:
      'The mesh shows {count} services where it showed {before}: the last good set stays in use.',
    remedy:
      'If the services are really gone, confirm with `kong-meshd sync --confirm-deletes`; an observation that stays is believed after {confirmAfter}.',
  },
  GATEWAY_NOT_SEEN: {
    severity: 'warning',
    message: 'The control plane shows no Dataplane of the gateway now; its last known one counts.',
    remedy:
      'Check that kuma-dp of the gateway runs and that gateway.dataplane or gateway.service names it.',
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
  OBSERVATION_STALE: {
    severity: 'warning',
    message: 'The mesh could not be observed; the last good observation stays in use. {cause}',
    remedy: '{remedy}',
  },
  PASS_INTERRUPTED: {
    message: 'The pass ended before it was done: {cause}.',
    remedy: 'Nothing is half done that the next pass would not complete.',
  },
  PASS_FAILED: {
    message: 'The pass ended before it was done: {cause}.',
    remedy: 'This is a defect: please report it with the log. The last good state stays live.',
  },
});
