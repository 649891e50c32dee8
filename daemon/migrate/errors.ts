/** What can stop a cut-over, and what to do about it. */
import { defineErrors } from '../../catalog/error';

export const migrateErrors = defineErrors({
  MIGRATE_NOT_KEPT: {
    message: 'The control plane took the stage {stage} and did not keep it: {what}.',
    remedy:
      'Look whether another program writes this Dataplane; nothing further was changed, and migrate --to 2 leads back.',
  },
  MIGRATE_NEEDS_API: {
    message: 'The stages of this gateway cannot be written over the API: {reason}.',
    remedy:
      'Take the steps that migrate --to {to} --check names by hand; run it again for the next ones.',
  },
  MIGRATE_BACK_NEEDS_2: {
    message:
      'A control plane of version {version} keeps no gateway block: there is nothing to go back to.',
    remedy:
      'Bring the control plane back to 2.14 first, then run migrate --to 2; the gateway works meanwhile.',
  },
  MIGRATE_BACK_NEEDS_SERVICE: {
    message: 'The configuration does not say which kuma.io/service the gateway had.',
    remedy: 'Set gateway.service in kong-meshd.yaml.',
  },
});
