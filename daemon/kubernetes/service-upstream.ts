/**
 * Whether Kong's ingress controller sends to the Service or past it to its Pods. It takes the Service
 * as one upstream where the Service says so, or where the parameters behind its own class do; those
 * count for the routes of the Gateway API as well.
 */
import type { IngressClassParametersView, IngressClassView } from './views';

export const kongController = 'ingress-controllers.konghq.com/kong';
export const serviceUpstreamAnnotation = 'ingress.kubernetes.io/service-upstream';

/** Controllers of GatewayClasses: the ingress controller itself, and Kong Operator. */
export const kongGatewayController = 'konghq.com/kic-gateway-controller';
export const kongOperatorController = 'konghq.com/gateway-operator';

export function sendsToServices(
  { parameters: reference }: IngressClassView,
  parameters: readonly IngressClassParametersView[],
): boolean {
  // The controller's own manifest ships its class without parameters: the common bad case.
  if (reference?.kind !== 'IngressClassParameters') return false;
  return parameters.some(
    ({ name, namespace, serviceUpstream }) =>
      serviceUpstream && name === reference.name && namespace === reference.namespace,
  );
}
