import type { Rule } from './rule';
import { notAsked } from './rules/not-asked';
import { passFinding } from './rules/pass-finding';
import { gatewayMissing } from './rules/gateway-missing';
import { notDelegated } from './rules/not-delegated';
import { identityWrong } from './rules/identity-wrong';
import { identityUnstable } from './rules/identity-unstable';
import { identityShared } from './rules/identity-shared';
import { gatewayOffline } from './rules/gateway-offline';
import { fileOwned } from './rules/file-owned';
import { proxyMisfit } from './rules/proxy-misfit';
import { tokenBeforeRename } from './rules/token-before-rename';
import { outboundPortTwice } from './rules/outbound-port-twice';
import { bypass } from './rules/bypass';
import { endpointAddress } from './rules/endpoint-address';
import { passthroughOnMissing } from './rules/passthrough-on-missing';
import { unlinkedTraffic } from './rules/unlinked-traffic';
import { meshHostUnlinked } from './rules/mesh-host-unlinked';
import { nameBehindIp } from './rules/name-behind-ip';
import { tlsToSidecar } from './rules/tls-to-sidecar';
import { protocolTcp } from './rules/protocol-tcp';
import { externalWithoutEgress } from './rules/external-without-egress';
import { gatewayAddress } from './rules/gateway-address';
import { gatewayUnnamed } from './rules/gateway-unnamed';
import { mtlsOff } from './rules/mtls-off';
import { permissionMissing } from './rules/permission-missing';
import { permissionDenies } from './rules/permission-denies';
import { permissionOldName } from './rules/permission-old-name';
import { dnsSrvFirst } from './rules/dns-srv-first';
import { dnsStale } from './rules/dns-stale';
import { dnsNegative } from './rules/dns-negative';
import { notReachable } from './rules/not-reachable';
import { reachableUnset } from './rules/reachable-unset';
import { retriesMultiply } from './rules/retries-multiply';
import { timeoutOrder } from './rules/timeout-order';
import { timeoutShadowed } from './rules/timeout-shadowed';
import { streamIdle } from './rules/stream-idle';
import { healthChecksFight } from './rules/health-checks-fight';
import { kongRunsPluginServer } from './rules/kong-runs-plugin-server';
import { stockPluginServer } from './rules/stock-plugin-server';
import { pluginMissing } from './rules/plugin-missing';
import { pluginVersion } from './rules/plugin-version';
import { pluginServerBehind } from './rules/plugin-server-behind';
import { pluginProtocol } from './rules/plugin-protocol';
import { pluginServerUnreachable } from './rules/plugin-server-unreachable';
import { snapshotUnusable } from './rules/snapshot-unusable';
import { snapshotOld } from './rules/snapshot-old';
import { snapshotOpen } from './rules/snapshot-open';
import { nodeEmpty } from './rules/node-empty';
import { secondWriter } from './rules/second-writer';
import { meshRouteMisses } from './rules/mesh-route-misses';
import { meshPolicyPassesBy } from './rules/mesh-policy-passes-by';
import { modeChange } from './rules/mode-change';
import { threeZero } from './rules/three-zero';

/** Every rule, by code: to add one, write a file in rules/ and a line here. */
export const allRules: readonly Rule[] = [
  notAsked,
  passFinding,
  gatewayMissing,
  notDelegated,
  identityWrong,
  identityUnstable,
  identityShared,
  gatewayOffline,
  fileOwned,
  proxyMisfit,
  tokenBeforeRename,
  outboundPortTwice,
  gatewayAddress,
  gatewayUnnamed,
  bypass,
  endpointAddress,
  passthroughOnMissing,
  unlinkedTraffic,
  meshHostUnlinked,
  nameBehindIp,
  tlsToSidecar,
  protocolTcp,
  mtlsOff,
  permissionMissing,
  permissionDenies,
  permissionOldName,
  externalWithoutEgress,
  meshRouteMisses,
  dnsSrvFirst,
  dnsStale,
  dnsNegative,
  notReachable,
  reachableUnset,
  retriesMultiply,
  timeoutOrder,
  timeoutShadowed,
  streamIdle,
  healthChecksFight,
  meshPolicyPassesBy,
  kongRunsPluginServer,
  stockPluginServer,
  pluginMissing,
  pluginVersion,
  pluginServerUnreachable,
  snapshotUnusable,
  snapshotOld,
  nodeEmpty,
  secondWriter,
  snapshotOpen,
  pluginServerBehind,
  pluginProtocol,
  modeChange,
  threeZero,
];
