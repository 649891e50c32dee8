/** What the mesh must let the gateway do: made of what the gateway calls, so these ask the mesh. */
import { Option, type Command } from 'commander';

import { issuerOf } from '../../../catalog/spiffe-id';
import { meshTraits, type Facts } from '../../doctor/facts';
import { gatherFacts } from '../../doctor/gather/gather-facts';
import { formatManifests } from '../../kubernetes/manifests/manifest';
import { permissionManifests, type PermissionClient } from '../../kubernetes/manifests/permission';
import {
  reachableDataplane,
  reachableLists,
  reachablePatch,
} from '../../kubernetes/manifests/reachable-backends';
import { spiffeIdOf } from '../../kubernetes/manifests/spiffe-id';
import { createConnection } from '../../sources/kuma/connection';
import { readJson } from '../../sources/kuma/read-reply';
import type { Config } from '../../config/schema';
import { compose } from '../compose';
import { destinationsOf } from '../destinations';
import { cliErrors } from '../errors';
import { printFailures } from '../findings';
import { addCommonFlags, loadFromFlags, type CommonFlags } from '../options';
import type { ExitCode, Terminal } from '../terminal';

interface Seen {
  readonly config: Config;
  readonly facts: Facts;
}

/** Kong itself is not asked: what it is told to be counts. */
async function observe(flags: CommonFlags, terminal: Terminal): Promise<Seen | undefined> {
  const loaded = await loadFromFlags(flags, [], terminal);
  if (!loaded.ok) {
    printFailures(loaded.failures, terminal);
    return undefined;
  }
  const { kong, ...rest } = loaded.config;
  const config: Config = { ...rest, ...(kong ? { kong: { ...kong, target: undefined } } : {}) };
  const context = await compose(config, terminal.env, { readOnly: true });
  const facts = await gatherFacts({ config, context }, terminal.signal);
  const stopping = facts.unasked.filter(({ severity }) => severity === 'error');
  printFailures(
    [
      ...facts.failures.filter(({ severity }) => severity === 'error'),
      ...stopping.map(({ failure, severity }) => ({ ...failure, severity: severity as 'error' })),
    ],
    terminal,
  );
  return facts.catalog ? { config, facts } : undefined;
}

interface PermissionFlags extends CommonFlags {
  readonly form?: 'from' | 'rules';
  readonly spiffeId?: readonly string[];
  readonly systemNamespace: string;
}

export function addPermission(
  command: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  const own = command
    .command('permission')
    .description('the MeshTrafficPermissions that let the gateway call exactly what it calls')
    .addOption(
      new Option(
        '--form <form>',
        'from: by kuma.io/service, for 2.x; rules: by SPIFFE ID, for a MeshIdentity and 3.x (default: as the control plane is)',
      ).choices(['from', 'rules']),
    )
    .option('--spiffe-id <id...>', "the gateway's, where it cannot be worked out")
    .option('--system-namespace <name>', 'where the control plane runs', 'kuma-system');
  addCommonFlags(own).action(async (flags: PermissionFlags) => {
    const seen = await observe(flags, terminal);
    if (!seen) {
      end(1);
      return;
    }
    const { config, facts } = seen;
    const policies = permissionManifests({
      mesh: config.mesh,
      environment: config.gateway.environment,
      systemNamespace: flags.systemNamespace,
      client: clientOf(flags, seen),
      destinations: destinationsOf(facts),
    });
    if (policies.length === 0) throw cliErrors.error('NO_DESTINATIONS');
    terminal.out(formatManifests(policies));
    end(0);
  });
}

function clientOf({ form, spiffeId = [] }: PermissionFlags, seen: Seen): PermissionClient {
  const { config, facts } = seen;
  const { mesh, gateways = [] } = facts;
  const issued = gateways.some(({ labels }) => issuerOf(mesh?.identities ?? [], labels));
  const byVersion = mesh && (issued || !meshTraits(mesh).serviceTags) ? 'rules' : 'from';
  if ((form ?? (spiffeId.length > 0 ? 'rules' : byVersion)) === 'rules') {
    const { environment } = config.gateway;
    const known = (): readonly string[] =>
      gateways.map(({ zone, labels }) =>
        spiffeIdOf(
          { mesh: config.mesh, zone, labels },
          environment,
          issuerOf(mesh?.identities ?? [], labels)?.templates,
        ),
      );
    const spiffeIds = [...new Set(spiffeId.length > 0 ? spiffeId : known())].sort();
    if (spiffeIds.length === 0) throw cliErrors.error('NO_GATEWAY_IDENTITY');
    return { form: 'rules', spiffeIds };
  }
  const { service } = config.gateway;
  const current = gateways.flatMap(({ service: tag }) => tag ?? []);
  // Until a rename is over, open connections go by the old name.
  const services = [...new Set([...(service === undefined ? [] : [service]), ...current])].sort();
  if (services.length === 0) throw cliErrors.error('NO_GATEWAY_IDENTITY');
  return { form: 'from', services };
}

interface ReachableFlags extends CommonFlags {
  readonly deployment: string;
  readonly namespace: string;
}

export function addReachableBackends(
  command: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  const own = command
    .command('reachable-backends')
    .description(
      "what the gateway's sidecar must know of: a patch of Kong's Deployment, or the Dataplane",
    )
    .option('--deployment <name>', "Kong's Deployment", 'kong-gateway')
    .option('-n, --namespace <name>', 'where it is', 'kong');
  addCommonFlags(own).action(async (flags: ReachableFlags) => {
    const seen = await observe(flags, terminal);
    if (!seen) {
      end(1);
      return;
    }
    const lists = reachableLists(destinationsOf(seen.facts));
    if (lists.backends.length + lists.services.length === 0) {
      throw cliErrors.error('NO_DESTINATIONS');
    }
    const { environment } = seen.config.gateway;
    const objects =
      environment === 'kubernetes'
        ? [reachablePatch(flags, lists)]
        : (await readDataplanes(seen, terminal)).map((one) => reachableDataplane(one, lists));
    terminal.out(formatManifests(objects));
    end(0);
  });
}

/** As they are now: kumactl replaces the whole resource. */
async function readDataplanes({ config, facts }: Seen, { signal }: Terminal) {
  const kuma = config.sources.find((source) => source.kuma)?.kuma;
  const { gateways = [] } = facts;
  if (!kuma || gateways.length === 0) throw cliErrors.error('NO_GATEWAY_IDENTITY');
  const connection = createConnection(kuma);
  await connection.refresh(signal);
  return Promise.all(
    gateways.map(async ({ name }) => {
      const path = `/meshes/${encodeURIComponent(config.mesh)}/dataplanes/${encodeURIComponent(name)}`;
      const reply = await connection.get(path, signal);
      const json = readJson(reply, { url: connection.url, path }) as Record<string, unknown>;
      const computed = ['creationTime', 'modificationTime', 'kri'];
      return Object.fromEntries(Object.entries(json).filter(([key]) => !computed.includes(key)));
    }),
  );
}
