/** The deck.md baseline's configuration: N services, each with a route, a plugin, an upstream, two targets. */

/** @param weight of the first service's first target: what a one-target change changes. */
export function kongFile(services: number, weight = 100): string {
  const lines = ['_format_version: "3.0"', 'services:'];
  for (let index = 0; index < services; index++) {
    lines.push(
      `- name: svc-${index}`,
      `  host: up-${index}`,
      '  routes:',
      `  - name: route-${index}`,
      '    paths:',
      `    - /p${index}`,
      '  plugins:',
      '  - name: rate-limiting',
      '    config:',
      '      minute: 60',
      '      policy: local',
    );
  }
  lines.push('upstreams:');
  for (let index = 0; index < services; index++) {
    const address = `${index >> 16}.${(index >> 8) & 255}.${index & 255}:8080`;
    lines.push(
      `- name: up-${index}`,
      '  targets:',
      `  - target: 10.${address}`,
      `    weight: ${index === 0 ? weight : 100}`,
      `  - target: 172.${address}`,
      '    weight: 50',
    );
  }
  return `${lines.join('\n')}\n`;
}
