/** Where a request ended, by the answer and by the counters of the gateway's sidecar. Pure. */
import { isClusterOf, isPassthrough } from './stats';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Its first bytes. */
  readonly body: string;
}

export const endings = [
  'past-mesh',
  'not-permitted',
  'no-endpoint',
  'no-route',
  'plugin',
  'gateway',
  'no-answer',
  'unknown',
  'skipped',
  'through',
] as const;
/**
 * `through`: the mesh carried it. `gateway`: Kong or one of its plugins answered by itself. `unknown`:
 * something answered, and nothing proves by which way.
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

export interface Expected {
  readonly name: string;
  readonly namespace?: string;
  readonly tags: readonly string[];
}

/**
 * @param clusters that rose meanwhile; undefined where the counters could not be read.
 * @param expected where the route is linked to; undefined where that is not known.
 */
export function judgeAnswer(
  answer: Answer,
  clusters: readonly string[] | undefined,
  expected: Expected | undefined,
): Verdict {
  const byAnswer = endedBefore(answer);
  const seen = clusters ?? [];
  if (byAnswer) return { ...byAnswer, clusters: seen };
  const mesh = seen.filter((cluster) => !isPassthrough(cluster));
  const own = expected ? mesh.filter((cluster) => isClusterOf(cluster, expected)) : mesh;
  if (own.length > 0) {
    return { ending: 'through', reason: `It went through ${own.join(', ')}.`, clusters: seen };
  }
  if (seen.some(isPassthrough)) {
    return {
      ending: 'past-mesh',
      reason: 'The sidecar passed it on to an address that is none of the mesh.',
      fix: 'Run kong-meshd doctor and kong-meshd catalog: the route sends to Pod IPs or to a host outside of the mesh.',
      clusters: seen,
    };
  }
  if (clusters) {
    const other = mesh.length > 0 ? `, only ${mesh.join(', ')} did` : '';
    return {
      ending: 'past-mesh',
      reason: `No counter of ${expected?.name ?? 'a mesh service'} rose in the sidecar${other}.`,
      fix: "Check that Kong's Pod or host has a sidecar that takes its outgoing requests, and where the route leads (kong-meshd explain).",
      clusters: seen,
    };
  }
  return {
    ending: 'unknown',
    reason: `It was answered with ${answer.status}, but the sidecar's counters could not be read.`,
    fix: 'Add a kuma source to kong-meshd.yaml whose token may read the stats of the gateway.',
    clusters: seen,
  };
}

type Ended = Omit<Verdict, 'clusters'>;

/** What only Kong, or only Envoy on behalf of the mesh, answers so. */
function endedBefore({ status, headers, body }: Answer): Ended | undefined {
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
  const said = messageIn(body);
  if (status === 404 && said?.message?.startsWith('no Route matched') === true) {
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
  const fromKong =
    said?.message !== undefined && headers['x-envoy-upstream-service-time'] === undefined;
  const byKong = fromKong && headers['x-kong-upstream-latency'] === undefined;
  if (byKong && status >= 400) {
    return {
      ending: 'gateway',
      reason: `Kong answered ${status} by itself: ${said.message}.`,
      fix: 'Send what the route asks for (-H for a credential), or look at its plugins.',
    };
  }
  return undefined;
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
