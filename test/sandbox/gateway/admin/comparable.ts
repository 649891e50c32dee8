import { parse } from 'yaml';
import type { RecordedExchange } from './recorded-exchange';
import type { Answer } from './replay';

interface Outcome {
  readonly status: number;
  readonly body?: any;
}

/**
 * An answer and its recording, without what no stand-in can have in common with it: the node's own
 * id and figures, the order Lua gives to what has none, and rows the recording left out.
 */
export function compareWith(
  exchange: RecordedExchange,
  answer: Answer,
): { actual: unknown; recorded: unknown } {
  const { response } = exchange;
  const known = new Set<string>(answer.body?.enabled_plugins);
  const shape = (outcome: Outcome): Outcome => {
    const body = outcome.body === '' ? null : structuredClone(outcome.body ?? null);
    return { status: outcome.status, body: normalise(exchange.request.path, body, known) };
  };
  const actual = shape(answer);
  const recorded = shape(response);
  cutRows(actual.body, recorded.body);
  const allow = response.headers.allow;
  if (allow === undefined) return { actual, recorded };
  return {
    actual: { ...actual, allow: answer.headers.allow },
    recorded: { ...recorded, allow },
  };
}

function normalise(path: string, body: any, known: ReadonlySet<string>): unknown {
  if (typeof body !== 'object' || body === null) return body;
  if (path === '/') return describeRoot(body);
  if (path === '/status') return describeStatus(body);
  delete body.node_id;
  if (Array.isArray(body.flattened_errors)) {
    for (const entry of body.flattened_errors) entry.errors.sort(byText);
    body.flattened_errors.sort(byText);
  }
  if (typeof body.config === 'string') body.config = sortLists(parse(body.config));
  for (const row of [body, ...(Array.isArray(body.data) ? body.data : [])]) {
    if (typeof row?.ttl === 'number') row.ttl = 'seconds left';
  }
  if (Array.isArray(body.data?.details?.hosts)) body.data.details.hosts.sort(byText);
  if (body.enabled_plugins) {
    body.enabled_plugins = body.enabled_plugins.filter((name: string) => known.has(name)).sort();
  }
  if (path.startsWith('/config')) normaliseConfigReply(body);
  return body;
}

/** Each target of a load has its own millisecond; what a YAML parser says is its own. */
function normaliseConfigReply(body: any): void {
  for (const target of Object.values<any>(body.targets ?? {})) {
    if (typeof target !== 'object') continue;
    target.created_at = Math.floor(target.created_at);
    target.updated_at = Math.floor(target.updated_at);
  }
  const sentence = /(failed parsing declarative configuration: )\d+:\d+: [^"}]*/;
  if (sentence.test(String(body.fields?.error))) {
    body.fields.error = body.fields.error.replace(sentence, '$1place and reason');
    body.message = body.message.replace(sentence, '$1place and reason');
  }
}

function describeRoot(body: any): unknown {
  const { version, tagline, edition, lua_version, configuration } = body;
  return {
    keys: Object.keys(body).sort(),
    ...{ version, tagline, edition, lua_version },
    database: configuration.database,
    routerFlavor: configuration.router_flavor,
  };
}

function describeStatus(body: any): unknown {
  const { database, configuration_hash, server } = body;
  return { database, configuration_hash, server: Object.keys(server).sort() };
}

/** Takes out of an answer the rows that its recording says were left out, after counting them. */
function cutRows(actual: any, recorded: any): void {
  const rows: unknown[] = Array.isArray(recorded?.data) ? recorded.data : [];
  const at = rows.findIndex((row) => typeof row === 'string');
  if (at < 0 || !Array.isArray(actual?.data)) return;
  const [, count, kind] = /(\d+) (in all|left out)/.exec(String(rows[at])) ?? [];
  const shown = rows.length - 1;
  recorded.count = kind === 'in all' ? Number(count) : Number(count) + shown;
  actual.count = actual.data.length;
  const behind = rows.length - at - 1;
  actual.data = [
    ...actual.data.slice(0, at),
    rows[at],
    ...(behind > 0 ? actual.data.slice(-behind) : []),
  ];
}

function sortLists(document: any): unknown {
  for (const value of Object.values(document)) {
    if (Array.isArray(value)) value.sort((left, right) => (left.id < right.id ? -1 : 1));
  }
  return document;
}

function byText(left: unknown, right: unknown): number {
  return canonical(left) < canonical(right) ? -1 : 1;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([left], [right]) => (left < right ? -1 : 1)))
      : entry,
  );
}
