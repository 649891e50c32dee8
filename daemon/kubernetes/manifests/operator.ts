/**
 * Kong's Pods as Kong Operator makes them: it writes over whatever is patched into its Deployments, so
 * its own objects have to say it. The mark of a gateway is among that.
 */
import { gatewayMetadata } from './gateway';
import type { Manifest } from './manifest';
import { podSpec, type PodParts } from './pod';

interface Named {
  readonly name: string;
  readonly namespace: string;
}

/** To be named as parametersRef of a GatewayClass. */
export function gatewayConfiguration(metadata: Named, parts: PodParts): Manifest {
  return {
    apiVersion: 'gateway-operator.konghq.com/v2beta1',
    kind: 'GatewayConfiguration',
    metadata: { ...metadata },
    spec: { dataPlaneOptions: { deployment: deploymentOf(parts) } },
  };
}

export function dataPlane(metadata: Named, parts: PodParts): Manifest {
  return {
    apiVersion: 'gateway-operator.konghq.com/v1beta1',
    kind: 'DataPlane',
    metadata: { ...metadata },
    spec: { deployment: deploymentOf(parts) },
  };
}

function deploymentOf(parts: PodParts): object {
  return { podTemplateSpec: { metadata: gatewayMetadata({}), spec: podSpec(parts) } };
}
