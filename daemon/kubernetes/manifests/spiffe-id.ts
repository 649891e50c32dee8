import { makeSpiffeId } from '../../../catalog/spiffe-id';
import { kubernetesErrors } from '../errors';

/** @throws MeshdError K8S_SPIFFE_ID where a template names what is not known. */
export function spiffeIdOf(...subject: Parameters<typeof makeSpiffeId>): string {
  const made = makeSpiffeId(...subject);
  if (made.known) return made.id;
  throw kubernetesErrors.error('K8S_SPIFFE_ID', { template: made.template });
}
