/** The gateway's identity: the `kuma.io/service` that policies name, or the workload from 3.0 on. Pure. */
import type { ControlPlaneTraits } from '../../../catalog/control-plane';
import type { Failure } from '../../../catalog/error';
import type { GatewayDataplane } from '../../../catalog/gateway';
import { entityOf } from './check-dataplane';
import type { DataplaneStep } from './dataplane-target';
import { dataplaneErrors } from './errors';
import type { DataplaneMemory, DataplaneSettings } from './settings';

/** What the validator of a control plane takes as the value of a tag. */
const tagValue = /^[\w.-]{1,253}$/;
const workloadName = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

export interface IdentityPlan {
  readonly step: Pick<DataplaneStep, 'service' | 'workload'>;
  readonly failures: readonly Failure[];
}

/** Whether a value may be a `kuma.io/service`. */
export function isTagValue(value: string): boolean {
  return tagValue.test(value);
}

/** The workload of a gateway that is made for 3.x: without one it would have no identity at all. */
export function newWorkload({ service, config }: DataplaneSettings): string | undefined {
  if (config.workload !== undefined) return config.workload;
  return service !== undefined && workloadName.test(service) ? service : undefined;
}

export function planIdentity(
  dataplane: GatewayDataplane,
  settings: DataplaneSettings,
  memory: Readonly<Pick<DataplaneMemory, 'tagIgnored'>>,
  traits: ControlPlaneTraits,
): IdentityPlan {
  // Whoever took the gateway block off means the identity of 3.x: no tag is put back.
  const hasTag = traits.serviceTags && dataplane.plain !== true;
  const parts = [
    hasTag ? planService(dataplane, settings, memory) : unchanged,
    planWorkload(dataplane, settings, traits),
  ];
  return {
    step: Object.assign({}, ...parts.map(({ step }) => step)) as IdentityPlan['step'],
    failures: parts.flatMap(({ failures }) => failures),
  };
}

function planService(
  { name, service: found, tags }: GatewayDataplane,
  { service, config }: DataplaneSettings,
  { tagIgnored }: Readonly<Pick<DataplaneMemory, 'tagIgnored'>>,
): IdentityPlan {
  if (service === undefined || found === service) return unchanged;
  const context = { entity: entityOf(name) };
  if (!isTagValue(service)) {
    const invalid = dataplaneErrors.failure('DATAPLANE_TAG_INVALID', { value: service }, context);
    return { step: {}, failures: [invalid] };
  }
  // No tags at all and a workload to go by: that is the shape of 3.0, which drops tags unread.
  if (config.workload !== undefined && Object.keys(tags).length === 0) return unchanged;
  if (tagIgnored) {
    return {
      step: {},
      failures: [dataplaneErrors.failure('DATAPLANE_TAG_IGNORED', { service }, context)],
    };
  }
  if (config.align === 'enforce') {
    return { step: { service: { before: found, after: service } }, failures: [] };
  }
  const details = { found: found ?? 'not set', service };
  return {
    step: {},
    failures: [dataplaneErrors.failure('DATAPLANE_SERVICE_DIFFERS', details, context)],
  };
}

function planWorkload(
  { name, labels }: GatewayDataplane,
  { config }: DataplaneSettings,
  { serviceTags }: ControlPlaneTraits,
): IdentityPlan {
  const { workload, align } = config;
  const found = labels['kuma.io/workload'];
  if (!serviceTags && workload === undefined && found === undefined) {
    const missing = dataplaneErrors.failure(
      'DATAPLANE_NO_WORKLOAD',
      {},
      { entity: entityOf(name) },
    );
    return { step: {}, failures: [missing] };
  }
  if (workload === undefined || found === workload) return unchanged;
  if (align === 'enforce') {
    return { step: { workload: { before: found, after: workload } }, failures: [] };
  }
  const details = { found: found ?? 'not set', workload };
  const context = { entity: entityOf(name) };
  return {
    step: {},
    failures: [dataplaneErrors.failure('DATAPLANE_WORKLOAD_DIFFERS', details, context)],
  };
}

const unchanged: IdentityPlan = Object.freeze({ step: {}, failures: [] });
