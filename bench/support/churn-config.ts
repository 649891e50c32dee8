/** What a user would write for the world of `churn-world.ts`: every way to reach a service, beside each other. */
import type { World } from '../../sandbox/world';
import { timeoutMs } from './load';
import { families, fixed, isLookedUp, newNames, seasonal } from './changes';

export function kongConfig(): string {
  const services = [...fixed, ...seasonal].map((name) => ({
    name,
    host: `${name}.internal`,
    ...(isLookedUp(name) ? {} : { tags: [`mesh:${name}`] }),
    routes: [
      {
        name,
        paths: [`/${name}`],
        ...(isLookedUp(name) ? { plugins: [pluginFor(name)] } : {}),
      },
    ],
  }));
  return JSON.stringify({ _format_version: '3.0', services });
}

function pluginFor(name: string): object {
  const address = name.startsWith('lookup-vip') ? 'service-ip' : 'outbound';
  return { name: 'mesh-upstream', config: { service: name, address } };
}

export interface DaemonSettings {
  readonly intervalMs: number;
  readonly outboundAddress: string;
}

export function daemonConfig(
  world: World,
  kongFile: string,
  { intervalMs, outboundAddress }: DaemonSettings,
): string {
  return JSON.stringify({
    sources: [{ kuma: { url: world.controlPlane.url } }],
    kong: { config: kongFile, settle: '100ms', target: { dbless: { url: world.admin.url } } },
    gateway: {
      dataplane: 'kong-01',
      service: 'kong',
      // Few, and free again soon. Twice the grace, until a port has another service, is as long as a
      // request may take.
      outbounds: { address: outboundAddress, ports: '30000-30059', grace: `${timeoutMs / 2}ms` },
    },
    plugin: { snapshot: world.snapshot },
    expose: families.map((family) => ({
      match: { name: newNames(family) },
      link: isLookedUp(family) ? 'plugin' : 'config',
      address: family.endsWith('-vip') ? 'service-ip' : 'outbound',
      routes: [{ name: '{name}', paths: ['/{name}'] }],
    })),
    loop: { interval: `${String(intervalMs)}ms` },
    status: false,
  });
}
