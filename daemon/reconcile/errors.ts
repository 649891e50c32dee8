import { defineErrors } from '../../catalog/error';

export const reconcileErrors = defineErrors({
  OBSERVATION_HELD_BACK: {
    severity: 'warning',
    message:
      'The mesh shows {count} services where it showed {before}: the last good set stays in use.',
    remedy:
      'If the services are really gone, confirm with `kong-meshd sync --confirm-deletes`, which a running daemon with the same stateFile follows; an observation that stays is believed after {confirmAfter}.',
  },
  GATEWAY_NOT_SEEN: {
    severity: 'warning',
    message: 'The control plane shows no Dataplane of the gateway now; its last known one counts.',
    remedy:
      'Check that kuma-dp of the gateway runs and that gateway.dataplane or gateway.service names it.',
  },
  OBSERVATION_STALE: {
    severity: 'warning',
    message: 'The mesh could not be observed; the last good observation stays in use. {cause}',
    remedy: '{remedy}',
  },
  KONG_SILENT: {
    message: '{target} has not said within {seconds} s whether it still holds what was applied.',
    remedy:
      'Check that its Admin API answers, and the network in between. The mesh side and the snapshot go on without it.',
  },
  KONG_TOO_SLOW: {
    message:
      '{target} was not done with {step} within {seconds} s; the rest waits for the next pass.',
    remedy:
      'Check how long its Admin API takes to answer. What was written stays, and the next pass goes on from there.',
  },
  FILES_STILL_CHANGING: {
    severity: 'warning',
    message:
      'The Kong configuration changed a moment ago and may be half written{lost}: what was there before counts until it has stood unchanged for a while.',
    remedy:
      'Nothing: it is taken by itself, after kong.settle. A file that is written beside and renamed is taken at once, unless it deletes something.',
  },
  SNAPSHOT_EMPTY: {
    message: 'An empty catalog would replace the good snapshot {file}; it was not written.',
    remedy:
      'If the mesh is meant to be empty, confirm it with `kong-meshd sync --confirm-deletes`; a running daemon follows.',
  },
  SNAPSHOT_NEWER: {
    severity: 'warning',
    message:
      'The mesh cannot be observed, and the stored observation lacks addresses that the snapshot {file} has: the snapshot and Kong stay as they are.',
    remedy:
      'Nothing: both follow as soon as the mesh can be observed. Until then links stay as they were.',
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
