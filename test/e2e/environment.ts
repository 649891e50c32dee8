/**
 * Where the suite runs: against real systems named by the environment, or else against the sandbox.
 *
 * | variable            | what                                                                   |
 * | ------------------- | ---------------------------------------------------------------------- |
 * | `E2E_KUMA`          | a control plane that takes writes from here; its mesh `default` has     |
 * |                     | meshServices mode Everywhere or Exclusive, and no mTLS until 2.14      |
 * | `E2E_KONG_ADMIN`    | Admin API of a Kong without a database                                 |
 * | `E2E_KONG_PROXY`    | its proxy; its sidecar runs as `E2E_DATAPLANE`, created over the API   |
 * | `E2E_BACKEND_HOST`  | addresses of this machine that the sidecar reaches, separated by commas |
 * | `E2E_PLUGIN_SOCKET` | where Kong looks for the plugin server                                 |
 * | `E2E_SNAPSHOT`      | where to put the snapshot                                              |
 * | `E2E_DATAPLANE`     | the gateway's Dataplane; default `kong-01`                             |
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pluginInfo } from '../../plugin-server/info';
import type { FlavourName } from '../../sandbox/control-plane/flavour';
import type { PluginInfoDocument } from '../../sandbox/gateway/plugin-client/plugin-info';
import { startWorld } from '../../sandbox/world';

export interface Environment {
  readonly kumaUrl: string;
  readonly kongAdminUrl: string;
  readonly kongProxyUrl: string;
  readonly pluginSocket: string;
  readonly snapshotPath: string;
  /** Where backends listen: one per instance while there are enough. */
  readonly backendHosts: readonly string[];
  /** Whether its control plane goes by workloads, as from 3.0 on, or by `kuma.io/service`. */
  readonly byWorkload: boolean;
  readonly gatewayDataplane: string;
  /** Where the sidecar is to listen for Kong. */
  readonly outboundAddress: string;
  /** A folder for the files of the suite. */
  readonly folder: string;
  /** What only the sandbox lets a test do. */
  readonly sandbox?: SandboxControls;
  stop(): Promise<void>;
}

export interface SandboxControls {
  /** Address of the one host outside of the mesh that Kong resolves, `crm.internal`. */
  readonly crmAddress: string;
  /** Resets every connection to the control plane until the result is called. */
  cutControlPlane(): () => void;
}

/** @param flavour of the sandbox. */
export async function openEnvironment(flavour: FlavourName = '2.14'): Promise<Environment> {
  const { E2E_KUMA, E2E_KONG_ADMIN, E2E_KONG_PROXY, E2E_BACKEND_HOST } = process.env;
  const given = [E2E_KUMA, E2E_KONG_ADMIN, E2E_KONG_PROXY, E2E_BACKEND_HOST];
  if (given.every((value) => value === undefined)) return openSandbox(flavour);
  if (!E2E_KUMA || !E2E_KONG_ADMIN || !E2E_KONG_PROXY || !E2E_BACKEND_HOST) {
    throw new Error(
      'Set all of E2E_KUMA, E2E_KONG_ADMIN, E2E_KONG_PROXY and E2E_BACKEND_HOST, or none of them.',
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'kong-meshd-e2e-'));
  return {
    kumaUrl: E2E_KUMA,
    kongAdminUrl: E2E_KONG_ADMIN,
    kongProxyUrl: E2E_KONG_PROXY,
    pluginSocket: process.env['E2E_PLUGIN_SOCKET'] ?? '/run/kong-meshd/mesh-upstream.socket',
    snapshotPath: process.env['E2E_SNAPSHOT'] ?? '/var/lib/kong-meshd/catalog.json',
    backendHosts: E2E_BACKEND_HOST.split(','),
    byWorkload: await goesByWorkload(E2E_KUMA),
    gatewayDataplane: process.env['E2E_DATAPLANE'] ?? 'kong-01',
    outboundAddress: '127.0.0.1',
    folder,
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

/** By what it answers: `external-services` went with the tags. */
async function goesByWorkload(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(10_000);
  return (await fetch(`${url}/meshes/default/external-services`, { signal })).status === 404;
}

async function openSandbox(flavour: FlavourName): Promise<Environment> {
  const byWorkload = flavour !== '2.14';
  const crmAddress = '127.66.1.10';
  const world = await startWorld({
    pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
    controlPlane: {
      ...(byWorkload ? { flavour, mtls: true, refreshMs: 500 } : { meshServices: 'Everywhere' }),
      deletionGraceMs: 0,
    },
    sidecar: { listenMs: 200, closeMs: 300 },
    hosts: { 'crm.internal': crmAddress },
    workers: 4,
  });
  const { faults } = world.controlPlane;
  return {
    kumaUrl: world.controlPlane.url,
    kongAdminUrl: world.admin.url,
    kongProxyUrl: world.gateway.proxyUrl,
    pluginSocket: world.socket,
    snapshotPath: world.snapshot,
    backendHosts: ['127.66.2.1', '127.66.2.2'],
    byWorkload,
    gatewayDataplane: 'kong-01',
    outboundAddress: '127.66.3.1',
    folder: world.folder,
    sandbox: {
      crmAddress,
      cutControlPlane() {
        faults.next({ reset: true, times: Infinity });
        return () => faults.clear();
      },
    },
    stop: () => world.stop(),
  };
}
