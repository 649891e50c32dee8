/**
 * What a request must look like so that Kong takes it for a rule of a route. Only commands that look
 * once read this: the daemon follows where routes lead, whatever leads there.
 */
import * as z from 'zod';

import { listOf, Meta } from './view-parts';

/** One rule, or one path of an Ingress, with the request that meets it. */
export interface RouteMatch {
  /** Counted as messages count it: rules of a route, backends of an Ingress, from 0 on. */
  readonly rule: number;
  readonly host?: string;
  readonly path: string;
  /** Undefined: any. */
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Why no request can be made up. */
  readonly problem?: string;
  /** A plugin of Kong may answer it, or send it elsewhere. */
  readonly plugged: boolean;
}

const Text = z.string().nullish();

const NamedValue = z.object({ type: Text, name: z.string(), value: z.string() });

const HttpMatch = z.object({
  path: z.object({ type: Text, value: Text }).nullish(),
  method: Text,
  headers: listOf(NamedValue),
  queryParams: listOf(NamedValue),
});
type HttpMatch = z.output<typeof HttpMatch>;

const HttpRoute = z.object({
  metadata: Meta,
  spec: z.object({
    hostnames: listOf(z.string()),
    rules: listOf(
      z.object({
        matches: listOf(HttpMatch),
        filters: listOf(
          z.object({ type: z.string(), extensionRef: z.object({ kind: z.string() }).nullish() }),
        ),
      }),
    ),
  }),
});

const Ingress = z.object({
  metadata: Meta,
  spec: z
    .object({
      defaultBackend: z.looseObject({}).nullish(),
      rules: listOf(
        z.object({
          host: Text,
          http: z.object({ paths: listOf(z.object({ path: Text })) }).nullish(),
        }),
      ),
    })
    .nullish(),
});

const pluginsAnnotation = 'konghq.com/plugins';

/** Of an object that was read as this kind of route; what is not HTTP has one that says so. */
export function matchesOf(kind: string, object: unknown): readonly RouteMatch[] {
  if (kind === 'HTTPRoute') {
    const { data } = HttpRoute.safeParse(object);
    return data ? httpMatches(data) : [];
  }
  if (kind === 'Ingress') {
    const { data } = Ingress.safeParse(object);
    return data ? ingressMatches(data) : [];
  }
  const problem = kind === 'GRPCRoute' ? 'it takes gRPC alone' : 'it takes no HTTP';
  return [{ rule: 0, path: '/', headers: {}, problem, plugged: false }];
}

function httpMatches({ metadata, spec }: z.output<typeof HttpRoute>): readonly RouteMatch[] {
  const host = hostOf(spec.hostnames[0]);
  const all = metadata.annotations[pluginsAnnotation] !== undefined;
  return spec.rules.map(({ matches, filters }, rule) => {
    // The plainest of several: any of them leads to the backends of the rule.
    const match = matches.find(isPlain) ?? matches[0] ?? { headers: [], queryParams: [] };
    const pattern = match.path?.type === 'RegularExpression';
    const query = new URLSearchParams(
      match.queryParams.map(({ name, value }): [string, string] => [name, value]),
    );
    const path = pattern ? '/' : (match.path?.value ?? '/');
    return {
      ...{ rule, ...host, path: query.size > 0 ? `${path}?${query.toString()}` : path },
      ...(match.method ? { method: match.method } : {}),
      headers: Object.fromEntries(match.headers.map(({ name, value }) => [name, value])),
      ...(isPlain(match) ? {} : { problem: 'what it matches is a pattern; give --path or -H' }),
      plugged: all || filters.some(({ extensionRef }) => extensionRef?.kind === 'KongPlugin'),
    };
  });
}

function isPlain({ path, headers, queryParams }: HttpMatch): boolean {
  const values = [...headers, ...queryParams, ...(path ? [path] : [])];
  return values.every(({ type }) => type !== 'RegularExpression');
}

function ingressMatches({ metadata, spec }: z.output<typeof Ingress>): readonly RouteMatch[] {
  const plugged = metadata.annotations[pluginsAnnotation] !== undefined;
  const places = (spec?.rules ?? []).flatMap(({ host, http }) =>
    (http?.paths ?? []).map(({ path }) => ({ host, path: path ?? '/' })),
  );
  if (spec?.defaultBackend) places.push({ host: undefined, path: '/' });
  return places.map(({ host, path }, rule) => ({
    ...{ rule, ...hostOf(host), path, headers: {}, plugged },
    // As Kong's controller marks a regular expression.
    ...(path.startsWith('/~') ? { problem: 'its path is a pattern; give --path' } : {}),
  }));
}

function hostOf(host: string | null | undefined): { readonly host?: string } {
  return host ? { host: host.replace('*', 'check') } : {};
}
