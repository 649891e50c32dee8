/** Which Dataplanes a pass works on: those observed, and one to be created in place of a missing one. Pure. */
import type { Failure } from '../../../catalog/error';
import type { ControlPlaneTraits } from '../../../catalog/control-plane';
import type { GatewayDataplane } from '../../../catalog/gateway';
import { describeSelection } from '../../sources/resources/select-gateways';
import { entityOf } from './check-dataplane';
import { dataplaneErrors } from './errors';
import { newWorkload } from './plan-identity';
import type { DataplaneMemory, DataplaneSettings } from './settings';

export interface Gateways {
  readonly present: readonly GatewayDataplane[];
  /** Names among them that the control plane does not have. */
  readonly missing: ReadonlySet<string>;
  /** What to go by while none is there: their last known form. */
  readonly lastKnown: readonly GatewayDataplane[];
  readonly failures: readonly Failure[];
}

/**
 * A control plane takes a file-owned Dataplane away for up to 17 s when its proxy reconnects and then
 * lets it register again: one that was there a moment ago is waited for, never created anew.
 */
export function findGateways(
  observed: readonly GatewayDataplane[],
  nowMs: number,
  settings: DataplaneSettings,
  { seen }: Readonly<Pick<DataplaneMemory, 'seen'>>,
  traits: ControlPlaneTraits,
): Gateways {
  const { names, mesh, config, absenceMs } = settings;
  const present = [...observed];
  const missing = new Set<string>();
  const failures: Failure[] = [];
  const lastKnown: GatewayDataplane[] = [];
  for (const name of names ?? [...seen.keys()]) {
    if (observed.some((dataplane) => dataplane.name === name)) continue;
    const last = seen.get(name);
    const absentMs = last ? nowMs - last.atMs : Infinity;
    if (last && absentMs < absenceMs) {
      const details = { seconds: Math.round(absentMs / 1000) };
      failures.push(
        dataplaneErrors.failure('DATAPLANE_ABSENT', details, { entity: entityOf(name) }),
      );
      lastKnown.push(last.dataplane);
      continue;
    }
    if (names === undefined) continue;
    const made = standIn(name, settings, traits);
    if (made && (config.owner === 'file' || names.length === 1)) {
      present.push(made);
      missing.add(name);
    } else if (observed.length > 0) {
      failures.push(
        dataplaneErrors.failure('DATAPLANE_PARTLY_MISSING', {}, { entity: entityOf(name) }),
      );
    }
  }
  if (present.length === 0 && lastKnown.length === 0) {
    const { labels, service } = settings;
    const named = describeSelection({
      ...{ dataplane: names, labels, service },
      workload: config.workload,
    });
    failures.push(dataplaneErrors.failure('DATAPLANE_MISSING', { names: named, mesh }));
  }
  if (config.owner === 'file' && present.length > 1) {
    const several = present.map(({ name }) => name).join(', ');
    failures.push(dataplaneErrors.failure('DATAPLANE_FILE_SEVERAL', { names: several }));
  }
  return { present, missing, lastKnown, failures };
}

/** What is planned against where there is no Dataplane yet. */
function standIn(
  name: string,
  settings: DataplaneSettings,
  { gatewayBlock }: ControlPlaneTraits,
): GatewayDataplane | undefined {
  const { mesh, config } = settings;
  const service = gatewayBlock ? settings.service : undefined;
  const workload = gatewayBlock ? config.workload : newWorkload(settings);
  const address = config.owner === 'file' ? '127.0.0.1' : config.create?.address;
  if (address === undefined) return undefined;
  return {
    mesh,
    name,
    ...(config.zone === undefined ? {} : { zone: config.zone }),
    address,
    ...(gatewayBlock ? { delegated: true } : { delegated: false, plain: true }),
    ...(service === undefined ? {} : { service }),
    tags: service === undefined ? {} : { 'kuma.io/service': service },
    labels: workload === undefined ? {} : { 'kuma.io/workload': workload },
    transparentProxy: settings.transparentProxy ?? false,
    outbounds: [],
  };
}
