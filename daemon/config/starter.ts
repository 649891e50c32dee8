/** The kong-meshd.yaml that `init` writes: what most people need, each line said. */

export interface StarterChoices {
  readonly mesh: string;
  readonly kumaUrl: string;
  readonly kongUrl: string;
  /** Whether that Kong has a database. */
  readonly kongMode: 'dbless' | 'database';
  readonly kongConfig: string;
  readonly dataplane: string;
  readonly service: string;
}

/** Where the plugin looks by default. */
export const starterSnapshot = '/var/lib/kong-meshd/catalog.json';

export function starterConfig(choices: StarterChoices): string {
  const quoted = (text: string): string => JSON.stringify(text);
  const url = quoted(choices.kongUrl);
  return `# kong-meshd: keeps Kong, its plugin and its Dataplane in step with the mesh.
# Every setting: kong-meshd init --schema. Check this file: kong-meshd validate.

# The mesh that the gateway belongs to.
mesh: ${quoted(choices.mesh)}

# Where mesh services come from. A token file is needed when the daemon is not on the
# control plane's own host.
sources:
  - kuma:
      url: ${quoted(choices.kumaUrl)}
      # tokenFile: /run/secrets/kuma-token
      # caFile: /etc/kuma/ca.crt

kong:
  # Your configuration, in decK's format: a file, a folder, or a list of them.
  config: ${quoted(choices.kongConfig)}
  # Where it goes: dbless is a Kong without a database, admin one with a database, and file a
  # file for decK or Kong to read.
  target:
    ${choices.kongMode === 'database' ? 'admin' : 'dbless'}:
      url: ${url}
    # file:
    #   path: ./kong.mesh.yml

gateway:
  # universal: virtual machines and containers. kubernetes: Pods.
  environment: universal
  # The gateway's Dataplane, and the kuma.io/service that permissions name.
  dataplane: ${quoted(choices.dataplane)}
  service: ${quoted(choices.service)}

plugin:
  # The file that the mesh-upstream plugin reads; the plugin server must see it too.
  snapshot: ${starterSnapshot}

# Link services whose host already is a mesh name (orders.mesh, orders.svc.mesh.local).
adopt: false

# Routes for mesh services, made by rule.
# expose:
#   - match: { labels: { team: shop } }
#     routes:
#       - name: "{name}"
#         paths: ["/{name}"]

# Keeps the last good observation over restarts of the daemon.
# stateFile: /var/lib/kong-meshd/last-good.json
`;
}
