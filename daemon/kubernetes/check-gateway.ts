/** What is odd about the gateway's Pods, and which `kuma.io/service` they have instead of the wanted one. */
import type { ControlPlaneTraits } from '../../catalog/control-plane';
import type { Failure } from '../../catalog/error';
import type { GatewayDataplane } from '../../catalog/gateway';
import { alignTag } from './align-tag';
import { checkExclusion, checkOwnServices } from './check-exclusion';
import { kubernetesErrors } from './errors';
import { predictTag } from './gateway-tag';
import type { NamespaceView } from './gateway-views';
import { ignoreAnnotation, ignoreEffect } from './ignore';
import { excludeAnnotation } from './interception';
import type { OperatorTemplateView } from './operator-views';
import { selects, type DeploymentView, type PodView, type ServiceView } from './views';

export interface GatewayFacts {
  readonly namespace: string;
  /** Labels that the gateway's Pods have; undefined: every Pod annotated as a gateway is one. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
  /** The `kuma.io/service` that the gateway must have, where the user says. */
  readonly wanted?: string | undefined;
  /** Names of the Dataplanes that the configuration selects. */
  readonly selected?: ReadonlySet<string>;
  /** What the control plane's version means for a gateway; absent: as of 2.x. */
  readonly traits?: ControlPlaneTraits;
  readonly pods: readonly PodView[];
  readonly deployments: readonly DeploymentView[];
  readonly services: readonly ServiceView[];
  readonly dataplanes: readonly GatewayDataplane[];
  readonly namespaces?: readonly NamespaceView[];
  /** Kong Operator's templates in the namespace of the gateway. */
  readonly templates?: readonly OperatorTemplateView[];
}

/** The Pods that stand for the gateway, whatever is wrong with them. */
export function gatewayPods(facts: GatewayFacts): readonly PodView[] {
  const { namespace, selector, selected, pods } = facts;
  return pods.filter((pod) => {
    if (pod.namespace !== namespace) return false;
    if (selector) return selects(selector, pod.labels);
    if (selected?.has(dataplaneOf(pod)) === true) return true;
    return pod.gateway !== undefined && !isController(pod);
  });
}

function dataplaneOf({ name, namespace }: PodView): string {
  return `${name}.${namespace}`;
}

function isPlain({ traits }: GatewayFacts): boolean {
  return traits?.gatewayBlock === false;
}

export function checkGateway(facts: GatewayFacts): readonly Failure[] {
  const pods = gatewayPods(facts);
  return [
    ...(pods.length === 0 ? [missingPod(facts)] : []),
    ...pods.flatMap((pod) => checkPod(pod, facts)),
    ...(isPlain(facts) ? checkOwnServices(pods, facts.services) : secondGateways(facts)),
    ...operatorTemplates(facts),
    ...ignoreValues(facts),
  ];
}

function missingPod(facts: GatewayFacts): Failure {
  const { namespace, selector } = facts;
  const labels = Object.entries(selector ?? {}).map(([key, value]) => `${key}=${value}`);
  if (isPlain(facts) && !selector) {
    return kubernetesErrors.failure('K8S_GATEWAY_UNSELECTED', { namespace });
  }
  const sought = selector ? labels.join(',') : 'annotation kuma.io/gateway';
  return kubernetesErrors.failure('K8S_GATEWAY_POD_MISSING', { namespace, selector: sought });
}

function checkPod(pod: PodView, facts: GatewayFacts): readonly Failure[] {
  const entity = `Pod ${pod.namespace}/${pod.name}`;
  const finding = (
    code: Parameters<typeof kubernetesErrors.failure>[0],
    details = {},
  ): readonly Failure[] => [kubernetesErrors.failure(code, details, { entity })];
  if (!pod.hasSidecar) {
    const { namespace } = pod;
    if (!injects(facts, namespace)) return finding('K8S_GATEWAY_NO_SIDECAR');
    return finding('K8S_GATEWAY_POD_OLD', { namespace });
  }
  if (isPlain(facts)) {
    const made = facts.dataplanes.some(({ name }) => name === dataplaneOf(pod));
    return [
      ...checkExclusion(pod),
      ...(pod.hasIp && !made ? finding('K8S_GATEWAY_NO_DATAPLANE') : []),
      ...(facts.wanted === undefined
        ? []
        : finding('K8S_GATEWAY_TAGLESS', { wanted: facts.wanted })),
    ];
  }
  if (pod.gateway === undefined) return finding('K8S_GATEWAY_NOT_ANNOTATED');
  if (pod.gateway !== 'enabled') {
    const cause = causeOf(pod.gateway);
    return finding('K8S_GATEWAY_ANNOTATION', { value: pod.gateway, cause });
  }
  // Without an IP the Pod has no Dataplane yet: nothing is wrong.
  if (!pod.hasIp) return [];
  const dataplane = facts.dataplanes.find(
    ({ name, delegated }) => delegated && name === dataplaneOf(pod),
  );
  if (!dataplane) return finding('K8S_GATEWAY_NO_DATAPLANE');
  return checkTag(pod, dataplane, facts).map((failure) => ({ ...failure, entity }));
}

function checkTag(
  pod: PodView,
  dataplane: GatewayDataplane,
  { services, wanted }: GatewayFacts,
): readonly Failure[] {
  const { service: actual } = dataplane;
  if (actual === undefined) {
    // A control plane without tags, as of Kuma 3.0: only a wish for one makes that a finding.
    return wanted === undefined
      ? []
      : [kubernetesErrors.failure('K8S_GATEWAY_TAGLESS', { wanted })];
  }
  const { tag: predicted, from } = predictTag(pod, services);
  const behind =
    actual === predicted
      ? []
      : [kubernetesErrors.failure('K8S_GATEWAY_TAG_BEHIND', { actual, predicted })];
  if (wanted === undefined || actual === wanted) return behind;
  const cause =
    from?.tag === actual
      ? `the Service ${from.service} sorts first among those that select the Pod`
      : 'that is what the control plane made of the Services that select the Pod';
  const hint = hintFor(pod, services, wanted);
  return [...behind, kubernetesErrors.failure('K8S_GATEWAY_TAG', { actual, wanted, cause, hint })];
}

function hintFor(pod: PodView, services: readonly ServiceView[], wanted: string): string {
  const alignment = alignTag(pod, services, wanted);
  if (!alignment.possible) {
    return `It cannot be made so, because ${alignment.cause}; possible are ${alignment.reachable.join(', ')}.`;
  }
  const names = (op: string): string =>
    alignment.steps.flatMap((step) => (step.op === op ? [step.service.name] : [])).join(', ');
  const [ignore, restore] = [names('ignore'), names('restore')];
  const parts = [
    ...(ignore ? [`Annotate ${ignore} with kuma.io/ignore: "true"`] : []),
    ...(restore ? [`remove kuma.io/ignore from ${restore}`] : []),
  ];
  const what = parts.join(' and ');
  if (what === '') return 'Nothing: the control plane will follow with the next event on the Pod.';
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}; permissions must allow both names until open connections have drained.`;
}

function causeOf(value: string): string {
  if (value === 'provided') {
    return 'it then sets no kuma.io/service, which its own webhook refuses';
  }
  return value === 'builtin' ? "that is Kuma's own gateway" : 'it knows no such value';
}

function injects({ namespaces = [] }: GatewayFacts, name: string): boolean {
  const labels = namespaces.find((one) => one.name === name)?.labels ?? {};
  return /^(enabled|true)$/.test(labels['kuma.io/sidecar-injection'] ?? '');
}

/** A DataPlane of its own, or the configuration that the operator makes one of. */
function operatorTemplates(facts: GatewayFacts): readonly Failure[] {
  const { templates = [] } = facts;
  const key = isPlain(facts) ? excludeAnnotation : 'kuma.io/gateway';
  return templates
    .filter(({ gateway, excludes }) => (isPlain(facts) ? !excludes : gateway === undefined))
    .map(({ kind, namespace, name }) =>
      kubernetesErrors.failure(
        'K8S_OPERATOR_TEMPLATE',
        { key },
        { entity: `${kind} ${namespace}/${name}` },
      ),
    );
}

/** The controller's manifests annotate both Deployments; only Kong itself is the gateway. */
function secondGateways({ deployments, namespace }: GatewayFacts): readonly Failure[] {
  return deployments
    .filter((deployment) => deployment.namespace === namespace && deployment.gateway !== undefined)
    .filter(({ images }) => images.length > 0 && images.every(isControllerImage))
    .map((deployment) =>
      kubernetesErrors.failure(
        'K8S_SECOND_GATEWAY',
        { deployment: deployment.name },
        { entity: `Deployment ${deployment.namespace}/${deployment.name}` },
      ),
    );
}

function ignoreValues({ services }: GatewayFacts): readonly Failure[] {
  return services.flatMap(({ name, namespace, annotations }) => {
    const value = annotations[ignoreAnnotation];
    const effect = ignoreEffect(value);
    if (effect !== 'half-ignored' && effect !== 'unknown-value') return [];
    const words =
      effect === 'half-ignored'
        ? 'which leaves its MeshService behind'
        : 'which the control plane takes as not ignored';
    const details = { value, effect: words };
    const entity = `Service ${namespace}/${name}`;
    return [kubernetesErrors.failure('K8S_IGNORE_VALUE', details, { entity })];
  });
}

function isController({ containers }: PodView): boolean {
  const images = containers
    .map(({ image }) => image)
    .filter((image) => !/kuma-(dp|init)/.test(image));
  return images.length > 0 && images.every(isControllerImage);
}

/** `kong/kubernetes-ingress-controller:3.5`, whatever registry it comes from. */
function isControllerImage(image: string): boolean {
  return /(^|\/)(kubernetes-ingress-controller|kong-ingress-controller)([:@]|$)/.test(image);
}
