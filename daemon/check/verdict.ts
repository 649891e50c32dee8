/** Where a request ended, by the answer and by the counters of the gateway's sidecar. Pure. */
import { isClusterOf, type ClusterService } from './cluster-name';
import { isPassthrough } from './stats';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Its first bytes. */
  readonly body: string;
  /** The answer to HEAD: what it would have said is not known. */
  readonly bodyless?: boolean;
}

/** The worst first. */
export const endings = [
  'past-mesh',
  'not-permitted',
  'no-endpoint',
  'no-route',
  'plugin',
  'gateway',
  'no-answer',
  'other-service',
  'unknown',
  'skipped',
  'through',
] as const;
/**
 * `through`: the mesh carried it. `other-service`: the mesh carried it, to something else than the route
 * is linked to. `gateway`: Kong or one of its plugins answered by itself. `unknown`: something answered,
 * and nothing proves by which way.
 */
export type Ending = (typeof endings)[number];

export interface Verdict {
  readonly ending: Ending;
  /** One sentence. */
  readonly reason: string;
  /** What to do; absent where all is well. */
  readonly fix?: string;
  /** Clusters of the sidecar whose counters rose. */
  readonly clusters: readonly string[];
}

/** What the counters of the gateways showed. */
export interface CounterLook {
  /** Clusters that rose; undefined where a proxy started again meanwhile. */
  readonly clusters: readonly string[] | undefined;
  /** Those that rose and may have counted an earlier request that was given up; not among `clusters`. */
  readonly late?: readonly string[];
  /** Whether every gateway could be asked. */
  readonly complete: boolean;
}

/**
 * @param look undefined where no counters could be read.
 * @param expected the services that the route may lead to; for a path alone every one of the mesh.
 * @param isLinked whether `expected` is what the route is linked to.
 */
export function judgeAnswer(
  answer: Answer,
  look: CounterLook | undefined,
  expected: readonly ClusterService[],
  isLinked = true,
): Verdict {
  const clusters = look?.clusters ?? [];
  const verdict = (ending: Ending, reason: string, fix?: string): Verdict => ({
    ...{ ending, reason, clusters },
    ...(fix === undefined ? {} : { fix }),
  });
  const before = endedBefore(answer);
  if (before) return verdict(before.ending, before.reason, before.fix);
  if (!look?.clusters) {
    const why = look ? 'the sidecar started again meanwhile' : 'no counters could be read';
    return verdict('unknown', `It was answered with ${answer.status}, but ${why}.`, askCounters);
  }
  const late = look.late?.filter((cluster) => expected.some((one) => isClusterOf(cluster, one)));
  if (late && late.length > 0) {
    const reason = `What ${late.join(', ')} counted may be an earlier request that was given up.`;
    return verdict('unknown', reason, 'Ask again for this route alone.');
  }
  const mesh = clusters.filter((cluster) => !isPassthrough(cluster));
  const passed = clusters.some(isPassthrough);
  const own = mesh.filter((cluster) => expected.some((one) => isClusterOf(cluster, one)));
  if (own.length > 0 && passed) {
    const reason = `Both ${own.join(', ')} and what goes past the mesh rose: there was other traffic.`;
    return verdict('unknown', reason, 'Ask again while nobody else uses the gateway.');
  }
  if (own.length > 0) return verdict('through', `It went through ${own.join(', ')}.`);
  if (passed) {
    const reason = 'The sidecar passed it on to an address that is none of the mesh.';
    return verdict('past-mesh', reason, findPast);
  }
  if (!look.complete) {
    const reason = 'No counter rose, and not every gateway could be asked for its own.';
    return verdict('unknown', reason, askCounters);
  }
  if (mesh.length > 0 && isLinked) {
    const names = expected.map(({ name }) => name).join(', ');
    const reason = `It went through ${mesh.join(', ')}, and nothing of ${names} rose.`;
    return verdict('other-service', reason, findOther);
  }
  if (mesh.length > 0) {
    const reason = `It went through ${mesh.join(', ')}, of which no mesh service is known.`;
    return verdict('unknown', reason, 'Name the route instead of the path.');
  }
  return verdict('past-mesh', 'No counter of a mesh service rose in the sidecar.', findSidecar);
}

const askCounters =
  'Add a kuma source to kong-meshd.yaml whose token may read the stats of the gateway, and name the gateway (gateway.dataplane).';
const findPast =
  'Run kong-meshd doctor and kong-meshd catalog: the route sends to Pod IPs or to a host outside of the mesh.';
const findOther =
  "Look for a MeshHTTPRoute that sends the service's requests elsewhere, or ask again while nobody else uses the gateway.";
const findSidecar =
  "Check that Kong's Pod or host has a sidecar that takes its outgoing requests, and where the route leads (kong-meshd explain).";

type Ended = Omit<Verdict, 'clusters'>;

/** Kong's own words for an upstream without a target, and for a host without an address. */
const withoutTarget = /^failure to get a peer from the ring-balancer/;

/** What only Kong, or only Envoy on behalf of the mesh, answers so. */
function endedBefore({ status, headers, body, bodyless = false }: Answer): Ended | undefined {
  if (status === 403 && body.includes('RBAC: access denied')) {
    return {
      ending: 'not-permitted',
      reason: 'The mesh does not permit the gateway to call the service (RBAC: access denied).',
      fix: 'Apply what kong-meshd manifests permission prints.',
    };
  }
  if (status === 503 && /no healthy upstream|upstream connect error/.test(body)) {
    return {
      ending: 'no-endpoint',
      reason: 'The mesh has no endpoint of the service that answers.',
      fix: 'Check that the service runs, and that its Dataplanes are online and healthy.',
    };
  }
  // What came from beyond Kong may use Kong's own words.
  const proxied = ['x-kong-upstream-latency', 'x-envoy-upstream-service-time'].some(
    (name) => headers[name] !== undefined,
  );
  if (proxied)
    return bodyless && (status === 403 || status === 503) ? withoutWords(status) : undefined;
  const said = bodyless ? { message: `status ${status}` } : messageIn(body);
  if (status === 404 && (bodyless || said?.message?.startsWith('no Route matched') === true)) {
    return {
      ending: 'no-route',
      reason: 'Kong has no route for the request.',
      fix: 'Check that the route is attached to the gateway, and its host, path, method and headers.',
    };
  }
  if (said?.code?.startsWith('UPSTREAM_') === true) {
    return {
      ending: 'plugin',
      reason: said.message ?? 'The mesh-upstream plugin refused it.',
      fix: 'Run kong-meshd catalog: the service must be in the mesh, and the snapshot must be current.',
    };
  }
  if (status === 500 && said?.message?.startsWith('An unexpected error') === true) {
    return {
      ending: 'plugin',
      reason: 'Kong could not run a plugin of the route.',
      fix: "Check that the plugin server runs and that Kong can open its socket (Kong's error log).",
    };
  }
  if (status === 503 && withoutTarget.test(said?.message ?? '')) {
    return {
      ending: 'no-endpoint',
      reason: 'Kong has no target for the service: its Service has no ready Pod.',
      fix: 'Check that the service runs and that its Pods are ready.',
    };
  }
  if (said?.message !== undefined && status >= 400) {
    return {
      ending: 'gateway',
      reason: `Kong answered ${status} by itself: ${said.message}.`,
      fix:
        status >= 500
          ? "Look into Kong's error log, and run kong-meshd doctor: Kong did not reach the address it has."
          : 'Send what the route asks for (-H for a credential), or look at its plugins.',
    };
  }
  return undefined;
}

/** A refusal of the mesh and one of the service look the same without a body. */
function withoutWords(status: number): Ended {
  return {
    ending: 'unknown',
    reason: `It was answered with ${status}, and an answer to HEAD does not say by whom.`,
    fix: 'Ask with --method GET.',
  };
}

function messageIn(
  body: string,
): { readonly message?: string; readonly code?: string } | undefined {
  try {
    const value = JSON.parse(body) as unknown;
    if (typeof value !== 'object' || value === null) return undefined;
    const { message, code } = value as Readonly<Record<string, unknown>>;
    return {
      ...(typeof message === 'string' ? { message } : {}),
      ...(typeof code === 'string' ? { code } : {}),
    };
  } catch {
    return undefined;
  }
}
