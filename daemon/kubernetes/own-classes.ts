/** Which classes are those of this gateway, among all that Kong's controllers serve in a cluster. */
import type { GatewayClassView } from './gateway-views';
import type { OperatorControlPlaneView } from './operator-views';
import {
  kongController,
  kongGatewayController,
  kongOperatorController,
  sendsToServices,
} from './service-upstream';
import type { IngressClassParametersView, IngressClassView } from './views';

export interface ClassFacts {
  readonly ingressClasses: readonly IngressClassView[];
  readonly ingressClassParameters: readonly IngressClassParametersView[];
  readonly gatewayClasses: readonly GatewayClassView[];
  readonly operatorControlPlanes: readonly OperatorControlPlaneView[];
}

export interface OwnClasses {
  /** By name: whether the class makes the controller send to Services. */
  readonly ingress: ReadonlyMap<string, boolean>;
  /** By name: the controller. */
  readonly gateway: ReadonlyMap<string, string>;
  /** The class that counts for an Ingress without one, where that is ours. */
  readonly fallback?: string;
  /** Whether the controller sends to Services for routes of the Gateway API. */
  readonly gatewaySendsToServices: boolean;
  /** There are several, and nothing says which of them are this gateway's. */
  readonly unclear: readonly string[];
}

/** @param named the names that the configuration gives; undefined: all of Kong's classes. */
export function ownClasses(facts: ClassFacts, named: readonly string[] | undefined): OwnClasses {
  const { ingressClasses, ingressClassParameters, gatewayClasses } = facts;
  const isOurs = ({ name }: { readonly name: string }): boolean => named?.includes(name) ?? true;
  const known = ingressClasses.filter((one) => one.controller === kongController && isOurs(one));
  const ingress = new Map<string, boolean>();
  // The older annotation works without an object of that name.
  for (const name of named ?? controlPlaneClasses(facts)) ingress.set(name, false);
  for (const one of known) ingress.set(one.name, sendsToServices(one, ingressClassParameters));
  // A class of the same name that belongs to another controller is no class of Kong.
  for (const { name, controller } of ingressClasses) {
    if (controller !== kongController) ingress.delete(name);
  }
  const gateway = new Map(
    gatewayClasses
      .filter(
        (one) =>
          (one.controller === kongGatewayController || one.controller === kongOperatorController) &&
          isOurs(one),
      )
      .map(({ name, controller }) => [name, controller]),
  );
  const fallback = known.find(({ isDefault }) => isDefault)?.name;
  const several = [
    ...(ingress.size > 1 ? ingress.keys() : []),
    ...(gateway.size > 1 ? gateway.keys() : []),
  ];
  return {
    ingress,
    gateway,
    ...(fallback === undefined ? {} : { fallback }),
    gatewaySendsToServices: known.length > 0 && known.every(({ name }) => ingress.get(name)),
    unclear: named ? [] : several.sort(),
  };
}

function controlPlaneClasses({ operatorControlPlanes }: ClassFacts): readonly string[] {
  return operatorControlPlanes.flatMap(({ ingressClass }) => ingressClass ?? []);
}
