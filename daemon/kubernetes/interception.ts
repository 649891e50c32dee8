/**
 * Which ports of a gateway's Pod its sidecar leaves alone, held against those that Kong listens on. From
 * Kuma 3.0 on a gateway is made of nothing else: what is not excluded goes to Envoy, which denies it.
 */
import { parse } from 'yaml';

export const excludeAnnotation = 'traffic.kuma.io/exclude-inbound-ports';
/** What the injector of 3.x writes; it says what the Pod really got. */
const proxyConfigAnnotation = 'traffic.kuma.io/transparent-proxy-config';
/** What the injector of 2.x writes, and that of 3.x does not. */
const olderAnnotation = 'kuma.io/transparent-proxying';

type Strings = Readonly<Record<string, string>>;
type Range = readonly [first: number, last: number];

export interface Interception {
  /** Ports that reach the application directly; `all` where nothing is redirected. */
  readonly excluded: 'all' | readonly Range[];
  /** Injected by 2.x: what 3.x understands was not read. */
  readonly older: boolean;
}

/** @param annotations of the Pod, or of the template that Pods are made of. */
export function interceptionOf(annotations: Strings): Interception {
  const given = annotations[proxyConfigAnnotation];
  const config = given === undefined ? undefined : inboundOf(given);
  const older = given === undefined && annotations[olderAnnotation] !== undefined;
  if (config?.enabled === false) return { excluded: 'all', older };
  const ports = config ? config.ports : (annotations[excludeAnnotation] ?? '').split(',');
  return { excluded: ports.flatMap(rangeOf), older };
}

export function isExcluded({ excluded }: Interception, port: number): boolean {
  return excluded === 'all' || excluded.some(([first, last]) => first <= port && port <= last);
}

function inboundOf(text: string) {
  try {
    const { redirect } = parse(text) as {
      readonly redirect?: { readonly inbound?: { enabled?: unknown; excludePorts?: unknown } };
    };
    const { enabled, excludePorts } = redirect?.inbound ?? {};
    const ports: readonly unknown[] = Array.isArray(excludePorts) ? excludePorts : [];
    return { enabled, ports: ports.map(String) };
  } catch {
    return undefined;
  }
}

function rangeOf(text: string): readonly Range[] {
  const [, first, last] = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(text) ?? [];
  return first === undefined ? [] : [[Number(first), Number(last ?? first)]];
}

/** A container as far as it tells where Kong listens. */
export interface ListeningContainer {
  readonly image: string;
  readonly ports: readonly { readonly name?: string; readonly port: number }[];
  readonly env?: Strings;
}

/** What Kong listens on where no setting says otherwise. */
export const usualPorts: readonly number[] = [8000, 8443];

const settings = ['KONG_PROXY_LISTEN', 'KONG_STREAM_LISTEN'] as const;

/**
 * The ports for clients, from Kong's own settings or else from the names that Kong's charts give to the
 * ports of the container. Undefined: nothing says it, as where Kong reads a file.
 */
export function listenPorts(
  containers: readonly ListeningContainer[],
): readonly number[] | undefined {
  const kong = containers.find(({ env }) => settings.some((name) => env?.[name] !== undefined));
  const { env = {} } = kong ?? {};
  const set = settings.flatMap((name) => portsOf(env[name] ?? ''));
  // The setting for streams alone leaves the other one as it is.
  const usual = kong && env.KONG_PROXY_LISTEN === undefined ? usualPorts : [];
  const named = containers.flatMap(({ ports }) =>
    ports.filter(({ name }) => /^(kong-)?(proxy|stream)/.test(name ?? '')).map(({ port }) => port),
  );
  const found = kong ? [...set, ...usual] : named;
  return kong || named.length > 0 ? [...new Set(found)].sort((a, b) => a - b) : undefined;
}

/**
 * `0.0.0.0:8000 reuseport, [::]:8443 ssl` → 8000, 8443. What listens on loopback alone no client reaches,
 * and nobody intercepts.
 */
export function portsOf(listen: string): readonly number[] {
  return listen.split(',').flatMap((entry) => {
    const [, host = '', port] = /^\s*(?:(.*):)?(\d{1,5})(?:\s|$)/.exec(entry) ?? [];
    return port === undefined || /^(127\.|\[::1\]|localhost$)/.test(host) ? [] : [Number(port)];
  });
}
