import { defineErrors } from '../../../catalog/error';

export const alignErrors = defineErrors({
  K8S_ALIGN_IMPOSSIBLE: {
    severity: 'warning',
    message: 'The gateway cannot be made {wanted} in the mesh: {cause}.',
    remedy: 'Set gateway.service to one of {reachable}, or change the Services that select Kong.',
  },
  K8S_ALIGN_PENDING: {
    severity: 'warning',
    message:
      'The Services are annotated so that the gateway becomes {wanted}, but after {waitedMs} ms its Dataplane does not say so.',
    remedy:
      'Wait until the control plane holds its leader lease (about 15 s after a restart); then look at its log.',
  },
  K8S_UPSTREAM_FAILED: {
    severity: 'warning',
    message: 'The Service could not be annotated so that Kong stays within the mesh: {cause}',
    remedy: '{remedy}',
  },
  K8S_ALIGN_FAILED: {
    severity: 'warning',
    message: 'The Services could not be annotated for the gateway to become {wanted}: {cause}',
    remedy: '{remedy}',
  },
});
