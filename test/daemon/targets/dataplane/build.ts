import type { GatewayDataplane, Outbound, OutboundTarget } from '../../../../catalog/gateway';
import type { MeshService } from '../../../../catalog/service';
import { GatewayWriteConfig, type PortRange } from '../../../../daemon/targets/dataplane/config';
import type { OutboundRoom } from '../../../../daemon/targets/dataplane/outbound-form';
import {
  emptyMemory,
  type DataplaneMemory,
  type DataplaneSettings,
} from '../../../../daemon/targets/dataplane/settings';
import type { OutboundNeed } from '../../../../daemon/translate/translation';

export const room: OutboundRoom = { address: '127.0.0.1', ports: { first: 30_000, last: 30_009 } };

export function roomOf(first: number, last: number): OutboundRoom {
  return { address: '127.0.0.1', ports: { first, last } };
}

export function service(name: string, parts: Partial<MeshService> = {}): MeshService {
  return {
    kind: 'MeshService',
    name,
    mesh: 'default',
    resource: name,
    zone: 'zone-a',
    labels: { 'kuma.io/zone': 'zone-a' },
    hostnames: [],
    ports: [{ port: 8080 }],
    vips: [],
    availability: 'available',
    ...parts,
  };
}

export function need(name: string, parts: Partial<MeshService> = {}): OutboundNeed {
  const made = service(name, parts);
  return { service: made, port: made.ports[0]! };
}

/** As a MeshService of the gateway's own zone is named. */
export function byName(name: string, port = 8080): OutboundTarget {
  return { type: 'backendRef', kind: 'MeshService', name, labels: {}, port };
}

export function outbound(port: number, target: OutboundTarget | string): Outbound {
  return {
    address: '127.0.0.1',
    port,
    target: typeof target === 'string' ? byName(target) : target,
  };
}

export function gateway(
  outbounds: readonly Outbound[] = [],
  parts: Partial<GatewayDataplane> = {},
): GatewayDataplane {
  return {
    mesh: 'default',
    name: 'kong-01',
    zone: 'zone-a',
    address: '127.0.0.5',
    delegated: true,
    service: 'kong',
    tags: { 'kuma.io/service': 'kong', 'kuma.io/zone': 'zone-a' },
    labels: { 'kuma.io/zone': 'zone-a' },
    transparentProxy: false,
    outbounds,
    ...parts,
  };
}

export interface SettingsParts {
  readonly names?: readonly string[] | undefined;
  readonly service?: string;
  readonly ports?: PortRange;
  readonly config?: Record<string, unknown>;
}

export function settings(parts: SettingsParts = {}): DataplaneSettings {
  const config = GatewayWriteConfig.parse(parts.config ?? {});
  return {
    mesh: 'default',
    names: 'names' in parts ? parts.names : ['kong-01'],
    service: parts.service,
    transparentProxy: undefined,
    room: { address: '127.0.0.1', ports: parts.ports ?? room.ports },
    config,
    absenceMs: 20_000,
  };
}

export function memory(parts: Partial<DataplaneMemory> = {}): DataplaneMemory {
  return { ...emptyMemory(), ...parts };
}
