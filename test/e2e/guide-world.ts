/**
 * The cluster of the guide: Kong with an ingress controller in front of one Service, before anybody has
 * thought of a mesh. What a control plane, a controller and a kubelet would do, the test does.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { allCommands } from '../../daemon/cli/commands/all-commands';
import { runCli } from '../../daemon/cli/program';
import { startControlPlane } from '../../sandbox/control-plane/control-plane';
import { startAdmin } from '../../sandbox/gateway/admin/start-admin';
import { startGateway } from '../../sandbox/gateway/gateway';
import type { Rule } from '../../sandbox/kubernetes/access';
import { startKubernetesApi } from '../../sandbox/kubernetes/api-server';
import { kongConfigOf } from '../../sandbox/kubernetes/ingress-controller';
import { startService } from '../../sandbox/services/service';
import { startSidecar, type Sidecar } from '../../sandbox/sidecar/sidecar';

/** Where the Pod of `orders` is for everybody, and where it listens here. */
const podIp = '10.1.0.9';
const podHere = '127.77.0.9';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export type GuideWorld = Awaited<ReturnType<typeof startGuideWorld>>;

export async function startGuideWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'kong-meshd-guide-'));
  /** What the account of Kong's Pods may do. */
  const rules: Rule[] = [];
  const api = await startKubernetesApi({
    tokens: new Map([
      ['admin', { name: 'admin', rules: 'admin' as const }],
      ['daemon', { name: 'system:serviceaccount:kong:kong', rules }],
    ]),
  });
  const controlPlane = await startControlPlane({ mtls: true, loopbackVips: true });
  const orders = await startService({ name: 'orders' });
  const hereOf = (address: string): string => (address === podIp ? podHere : address);
  const admin = await startAdmin({ mode: 'dbless' });
  const clusterIps = new Map<string, string>();
  const kong = await startGateway({
    ...{ feed: admin.feed, hereOf },
    resolve: (name) => [clusterIps.get(name) ?? []].flat(),
  });
  let sidecar: Sidecar | undefined;
  const proxies: { disconnect(): void }[] = [];

  const config = join(folder, 'kong-meshd.yaml');
  async function configure(token: string, serviceUpstream: 'observe' | 'enforce'): Promise<void> {
    const kubeconfig = join(folder, `kubeconfig-${token}`);
    await writeFile(
      kubeconfig,
      JSON.stringify({
        'current-context': 'it',
        clusters: [{ name: 'it', cluster: { server: api.url } }],
        users: [{ name: 'me', user: { token } }],
        contexts: [{ name: 'it', context: { cluster: 'it', user: 'me' } }],
      }),
    );
    await writeFile(
      config,
      JSON.stringify({
        sources: [
          { kubernetes: { kubeconfig, gateway: { namespace: 'kong', selector: 'app=kong' } } },
          { kuma: { url: controlPlane.url } },
        ],
        gateway: { environment: 'kubernetes', serviceUpstream },
        plugin: { snapshot: join(folder, 'catalog.json') },
      }),
    );
  }

  /** A command of ours, as the user types it. */
  async function run(...args: readonly string[]): Promise<Ran> {
    const said = { out: '', err: '' };
    const code = await runCli(allCommands, [...args], {
      env: {},
      out: (text) => (said.out += text),
      err: (text) => (said.err += text),
      signal: new AbortController().signal,
      colour: false,
    });
    return { code, ...said };
  }

  return {
    ...{ api, controlPlane, orders, rules, configure, run, proxy: kong.proxyUrl },
    /** Codes of what the doctor finds, those of passes included. */
    async findings(): Promise<readonly string[]> {
      const { out } = await run('doctor', '-c', config, '--json');
      const { findings } = JSON.parse(out) as { findings: { code: string; evidence: string[] }[] };
      return findings.flatMap(({ code, evidence: [first = ''] }) => [code, first]);
    },
    check: (...args: readonly string[]) =>
      run('check', '-c', config, '--proxy', kong.proxyUrl, ...args),
    command: (...args: readonly string[]) => run(...args, '-c', config),
    /** The controller has seen the last change. */
    async reconcileKong(): Promise<void> {
      const response = await fetch(`${admin.url}/config`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ config: JSON.stringify(kongConfigOf(api.store)) }),
      });
      if (response.status !== 201) throw new Error(await response.text());
    },
    putOrders(annotations: Readonly<Record<string, string>> = {}): void {
      const labels = { 'k8s.kuma.io/namespace': 'shop', 'kuma.io/display-name': 'orders' };
      const tags = {
        'k8s.kuma.io/namespace': 'shop',
        'k8s.kuma.io/service-name': 'orders',
        'kuma.io/protocol': 'http',
        'kuma.io/service': 'orders_shop_svc_8080',
      };
      controlPlane.put({
        ...{ type: 'Dataplane', mesh: 'default', name: 'orders-1.shop', labels },
        networking: {
          address: podIp,
          inbound: [{ port: 8080, servicePort: orders.port, serviceAddress: '127.0.0.1', tags }],
        },
      });
      proxies.push(controlPlane.connectProxy({ name: 'orders-1.shop', mode: 'api' }));
      const ports = [{ port: 8080, targetPort: 8080, appProtocol: 'http' }];
      const spec = { selector: { dataplaneTags: { 'kuma.io/service': tags['kuma.io/service'] } } };
      const mesh = controlPlane.put({
        ...{ type: 'MeshService', mesh: 'default', name: 'orders.shop', labels },
        spec: { ...spec, ports },
      });
      const [vip] = (mesh['status'] as { vips: { ip: string }[] }).vips;
      const ip = vip?.ip ?? '';
      clusterIps.set('orders.shop.svc', ip);
      api.put({
        kind: 'Service',
        metadata: { name: 'orders', namespace: 'shop', annotations },
        spec: {
          ...{ type: 'ClusterIP', clusterIP: ip, selector: { app: 'orders' } },
          ports: [{ port: 8080, protocol: 'TCP', appProtocol: 'http' }],
        },
      });
      api.put({
        kind: 'EndpointSlice',
        metadata: {
          ...{ name: 'orders-abcde', namespace: 'shop' },
          labels: { 'kubernetes.io/service-name': 'orders' },
        },
        ...{
          addressType: 'IPv4',
          endpoints: [{ addresses: [podIp], conditions: { ready: true } }],
        },
      });
      api.put({
        ...{ kind: 'Dataplane', mesh: 'default' },
        metadata: { name: 'orders-1', namespace: 'shop', labels: { app: 'orders' } },
        spec: { networking: { address: podIp, inbound: [{ port: 8080, tags }] } },
      });
    },
    /** The control plane makes the Dataplane of Kong's Pod, and its sidecar connects. */
    async joinGateway(): Promise<void> {
      const tags = { 'kuma.io/service': 'kong-proxy_kong_svc_80' };
      const labels = { app: 'kong', 'k8s.kuma.io/namespace': 'kong' };
      const networking = { address: '10.1.0.2', gateway: { tags } };
      controlPlane.put({
        ...{ type: 'Dataplane', mesh: 'default', name: 'kong-1.kong', labels, networking },
      });
      api.put({
        ...{ kind: 'Dataplane', mesh: 'default', spec: { networking } },
        metadata: { name: 'kong-1', namespace: 'kong', labels },
      });
      sidecar = startSidecar({
        ...{ controlPlane, name: 'kong-1.kong', mode: 'api', vips: true, hereOf },
        passthrough: new Map([[`${podIp}:8080`, `127.0.0.1:${orders.port}`]]),
        ...{ listenMs: 20, closeMs: 20, identityMs: 20 },
      });
      await sidecar.whenSettled();
    },
    async stop(): Promise<void> {
      for (const proxy of proxies) proxy.disconnect();
      await sidecar?.stop();
      await kong.stop();
      await admin.stop();
      await orders.stop();
      await controlPlane.stop();
      await api.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
