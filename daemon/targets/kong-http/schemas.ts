/** Kong's own schemas, asked for once per version: they hold the defaults that `read` gives back. */
import type { EntityType, KongState } from '../../kong/model';
import { targetErrors } from '../errors';
import type { KongClient } from './client';
import { FieldSchema } from './fill-defaults';

/** As `GET /schemas/<type>` and `GET /schemas/plugins/<name>` give them. */
export interface KongSchemas {
  readonly entities: ReadonlyMap<EntityType, FieldSchema>;
  readonly plugins: ReadonlyMap<string, FieldSchema>;
}

export interface SchemaStore {
  /**
   * The schemas of all types and plugins that the states use. What Kong does not know is not in the
   * result: it will refuse such an entity itself, by name.
   */
  schemasFor(state: KongState, signal: AbortSignal): Promise<KongSchemas>;
  /** Drops everything where Kong shows another version than before. */
  noteVersion(version: string | undefined): void;
}

/** Kong's own deepest is a dozen. */
const deepestSchema = 100;

/** A plugin may be installed while we run: what is missing is asked for again after this time. */
const missingForMs = 60_000;

export function createSchemaStore(
  client: KongClient,
  now: () => number = () => performance.now(),
): SchemaStore {
  let known: string | undefined;
  let schemas = new Map<string, FieldSchema>();
  let missing = new Map<string, number>();
  /** Pages of one list come in together, and need the same schema. */
  const asked = new Map<string, Promise<void>>();

  function noteVersion(version: string | undefined): void {
    if (version === undefined || version === known) return;
    known = version;
    schemas = new Map();
    missing = new Map();
  }

  async function fetchSchema(name: string, signal: AbortSignal): Promise<void> {
    const path = `/schemas/${name}`;
    const reply = await client.request({ method: 'GET', path, accept: [404] }, signal);
    if (reply.status === 404) {
      missing.set(name, now() + missingForMs);
      return;
    }
    const invalid = (cause: string): Error =>
      targetErrors.error('KONG_REPLY_INVALID', { url: client.url, method: 'GET', path, cause });
    // The schema of a schema is recursive, and so is the filling by it.
    if (isDeeperThan(reply.data, deepestSchema)) throw invalid('it is nested too deeply');
    const schema = FieldSchema.safeParse(reply.data);
    if (!schema.success) throw invalid(schema.error.issues[0]?.message ?? 'no schema');
    schemas.set(name, schema.data);
  }

  function askOnce(name: string, signal: AbortSignal): Promise<void> {
    const known = asked.get(name);
    if (known) return known;
    const asking = fetchSchema(name, signal).finally(() => asked.delete(name));
    asked.set(name, asking);
    return asking;
  }

  return {
    noteVersion,
    async schemasFor({ entities }, signal) {
      const types = new Set(entities.map(({ type }) => type));
      const plugins = new Set<string>();
      for (const { type, fields } of entities) {
        if (type === 'plugins' && typeof fields['name'] === 'string') plugins.add(fields['name']);
      }
      const wanted = [...types, ...[...plugins].map(pluginPath)];
      const unknown = wanted.filter(
        (name) => !schemas.has(name) && (missing.get(name) ?? -Infinity) <= now(),
      );
      await Promise.all(unknown.map((name) => askOnce(name, signal)));
      return {
        entities: pick(types, (type) => schemas.get(type)),
        plugins: pick(plugins, (name) => schemas.get(pluginPath(name))),
      };
    },
  };
}

/** Level by level, without recursion. */
function isDeeperThan(value: unknown, most: number): boolean {
  let level = [value];
  for (let depth = 0; depth <= most; depth += 1) {
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? (Object.values(each) as unknown[]) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}

function pluginPath(name: string): string {
  return `plugins/${encodeURIComponent(name)}`;
}

function pick<K>(
  names: Iterable<K>,
  get: (name: K) => FieldSchema | undefined,
): ReadonlyMap<K, FieldSchema> {
  const picked = new Map<K, FieldSchema>();
  for (const name of names) {
    const schema = get(name);
    if (schema !== undefined) picked.set(name, schema);
  }
  return picked;
}
