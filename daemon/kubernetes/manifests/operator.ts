/**
 * Kong's Pods as Kong Operator makes them: it writes over whatever is patched into its Deployments, so
 * its own objects have to say it. The mark of a gateway is among that.
 */
import { gatewayMetadata, ignored, type GatewayForm } from './gateway';
import type { Manifest } from './manifest';
import { podSpec, type PodParts } from './pod';

interface Named {
  readonly name: string;
  readonly namespace: string;
}

/** To be named as parametersRef of a GatewayClass. */
export function gatewayConfiguration(
  metadata: Named,
  parts: PodParts,
  form: GatewayForm,
): Manifest {
  return {
    apiVersion: 'gateway-operator.konghq.com/v2beta1',
    kind: 'GatewayConfiguration',
    metadata: { ...metadata },
    spec: { dataPlaneOptions: { deployment: deploymentOf(parts, form), ...networkOf(form) } },
  };
}

export function dataPlane(metadata: Named, parts: PodParts, form: GatewayForm): Manifest {
  return {
    apiVersion: 'gateway-operator.konghq.com/v1beta1',
    kind: 'DataPlane',
    metadata: { ...metadata },
    spec: { deployment: deploymentOf(parts, form), ...networkOf(form) },
  };
}

function deploymentOf(parts: PodParts, form: GatewayForm): object {
  return { podTemplateSpec: { metadata: gatewayMetadata(form), spec: podSpec(parts) } };
}

/** The Service for clients; that of the Admin API takes no annotations. */
function networkOf({ marked }: GatewayForm): object {
  return marked ? {} : { network: { services: { ingress: { annotations: ignored } } } };
}
