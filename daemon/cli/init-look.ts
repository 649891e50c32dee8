/** What `init` finds at the addresses that it was given: to tell, and to say what to do next. */
import * as z from 'zod';

import { MeshdError } from '../../catalog/error';
import { createConnection, type Connection } from '../sources/kuma/connection';
import { probe } from '../sources/kuma/control-plane';
import { readJson, readShape } from '../sources/kuma/read-reply';
import { createKongClient } from '../targets/kong-http/client';
import { withoutSecrets } from '../targets/kong-http/map-error';
import type { StarterChoices } from '../config/starter';

export interface Found {
  /** One line each. */
  readonly lines: readonly string[];
  /** Names to choose from, where they are known. */
  readonly meshes?: readonly string[];
  readonly gateways?: readonly string[];
  /** Whether that Kong has a database, where it said so. */
  readonly kongMode?: StarterChoices['kongMode'];
}

const timeoutMs = 3_000;
const Names = z.object({ items: z.array(z.object({ name: z.string() })) });
const Overviews = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      dataplane: z.object({
        networking: z.object({ gateway: z.object({ type: z.string().optional() }).nullish() }),
      }),
    }),
  ),
});
const Info = z.object({
  version: z.string().optional(),
  configuration: z.object({ database: z.string().optional() }).optional(),
});

/** Nobody need be there: what does not answer is said. Rejects for the signal alone. */
export async function lookAround(
  { kumaUrl, kongUrl, mesh }: StarterChoices,
  signal: AbortSignal,
): Promise<Found> {
  const [controlPlane, kong] = await Promise.all([
    said('The control plane', signal, () => lookAtMesh(kumaUrl, mesh, signal)),
    said('Kong', signal, () => lookAtKong(kongUrl, signal)),
  ]);
  return { ...controlPlane, ...kong, lines: [...controlPlane.lines, ...kong.lines] };
}

async function lookAtMesh(url: string, mesh: string, signal: AbortSignal): Promise<Found> {
  const connection = createConnection({ url, insecureSkipVerify: false, timeoutMs });
  const { product, version } = await probe(connection, signal);
  const read = <T>(path: string, shape: z.ZodType<T>): Promise<T> =>
    readList(connection, path, shape, signal);
  const meshes = (await read('/meshes?size=100', Names)).items.map(({ name }) => name);
  const zones = await read('/zones?size=100', Names).catch(() => ({ items: [] }));
  const gateways = meshes.includes(mesh)
    ? (
        await read(
          `/meshes/${encodeURIComponent(mesh)}/dataplanes/_overview?gateway=true&size=100`,
          Overviews,
        )
      ).items.flatMap(({ name, dataplane }) => (dataplane.networking.gateway ? [name] : []))
    : [];
  return {
    lines: [
      `Found ${product} ${version} at ${url}: meshes ${listed(meshes)}; zones ${listed(zones.items.map(({ name }) => name))}.`,
      meshes.includes(mesh)
        ? `The mesh ${mesh} has the gateways ${listed(gateways)}.`
        : `There is no mesh ${mesh}; choose one with --mesh.`,
    ],
    meshes,
    gateways,
  };
}

async function readList<T>(
  connection: Connection,
  path: string,
  shape: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const asked = { url: connection.url, path };
  return readShape(shape, readJson(await connection.get(path, signal), asked), asked);
}

async function lookAtKong(url: string, signal: AbortSignal): Promise<Found> {
  const client = createKongClient({ url, timeoutMs, retries: 0 });
  const place = withoutSecrets(url);
  try {
    const { data } = await client.request({ method: 'GET', path: '/' }, signal);
    const { version = '', configuration } = Info.parse(data);
    const { database } = configuration ?? {};
    if (database === undefined) return { lines: [`Found Kong ${version} at ${place}.`] };
    const kongMode = database === 'off' ? 'dbless' : 'database';
    const words = database === 'off' ? 'without a database' : `with a database (${database})`;
    return { lines: [`Found Kong ${version} ${words} at ${place}.`], kongMode };
  } finally {
    client.close();
  }
}

async function said(part: string, signal: AbortSignal, look: () => Promise<Found>): Promise<Found> {
  try {
    return await look();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MeshdError) return { lines: [`${part}: ${error.message}`] };
    if (error instanceof z.ZodError) return { lines: [`${part}: what answers there is another.`] };
    throw error;
  }
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
