/** Single Dataplanes by name: those of the gateways that are configured one by one. */
import type { GatewayDataplane } from '../../../catalog/gateway';
import { sourceErrors } from '../errors';
import { Dataplane } from '../resources/dataplane';
import {
  entityOf,
  invalidResource,
  keptResource,
  parseResource,
} from '../resources/parse-resource';
import type { Connection } from './connection';
import type { Collected, ListReader } from './list-reader';
import { missing, readJson } from './read-reply';

interface Known {
  readonly digest: string;
  readonly one: Collected<GatewayDataplane>;
}

const none: Collected<GatewayDataplane> = Object.freeze({ values: [], failures: [] });

/** One that does not exist (yet) is left out silently: between runs of its proxy that is normal. */
export function createNamedReader(
  mesh: string,
  names: readonly string[],
): ListReader<GatewayDataplane> {
  const known = new Map<string, Known>();
  let last: { readonly parts: readonly unknown[]; readonly all: Collected<GatewayDataplane> } = {
    parts: [],
    all: none,
  };

  async function readOne(
    connection: Connection,
    name: string,
    signal: AbortSignal,
  ): Promise<Collected<GatewayDataplane>> {
    const path = `/meshes/${encodeURIComponent(mesh)}/dataplanes/${encodeURIComponent(name)}`;
    const asked = { url: connection.url, path };
    const reply = await connection.get(path, signal);
    if (missing(reply) === 'resource') {
      known.delete(name);
      return none;
    }
    const before = known.get(name);
    if (before?.digest === reply.digest && reply.status === 200) return before.one;
    const resource = readJson(reply, asked);
    const parsed = parseResource(Dataplane, resource);
    if (parsed.ok && parsed.value.name !== name) {
      throw sourceErrors.error('KUMA_UNEXPECTED', { ...asked, cause: 'it is about another name' });
    }
    const kept = before?.one.values ?? [];
    const report = kept.length === 0 ? invalidResource : keptResource;
    const one = parsed.ok
      ? { values: [parsed.value], failures: [] }
      : { values: kept, failures: [report(entityOf('Dataplane', resource), parsed)] };
    known.set(name, { digest: reply.digest, one });
    return one;
  }

  return {
    async read(connection, signal) {
      // In turn: the gateways of one Kong config are few, and the lists are read at the same time.
      const parts: Collected<GatewayDataplane>[] = [];
      for (const name of names) parts.push(await readOne(connection, name, signal));
      if (last.parts.length === parts.length && parts.every((part, i) => part === last.parts[i])) {
        return last.all;
      }
      const all = {
        values: parts.flatMap(({ values }) => values),
        failures: parts.flatMap(({ failures }) => failures),
      };
      last = { parts, all };
      return all;
    },
  };
}
