/** Which control plane answers, and which mesh of it. */
import * as z from 'zod';

import { sourceErrors } from '../errors';
import { Mesh } from '../resources/mesh';
import type { Connection } from './connection';
import { missing, readJson, readShape } from './read-reply';

/** `GET /`; before 2.7 the product stands in `tagline`, and Kong Mesh names the Kuma it is based on. */
const Index = z.object({
  product: z.string().optional(),
  tagline: z.string().optional(),
  basedOnKuma: z.string().optional(),
  version: z.string(),
});

export interface ControlPlane {
  readonly product: string;
  readonly version: string;
}

/**
 * Asks for product and version; needs no credentials there.
 * @throws MeshdError KUMA_NOT_A_CONTROL_PLANE for whatever else answers, and those of a connection.
 */
export async function probe(connection: Connection, signal: AbortSignal): Promise<ControlPlane> {
  const reply = await connection.get('/', signal);
  const { url } = connection;
  const wrong = (found: string): Error =>
    sourceErrors.error('KUMA_NOT_A_CONTROL_PLANE', { url, found });
  // 401, 403, 429, 5xx and redirects say what they are; only a settled answer tells who gave it.
  if (reply.status === 404) throw wrong('GET / is not found');
  if (reply.status < 300 && !reply.contentType.startsWith('application/json')) {
    throw wrong('GET / is no JSON');
  }
  const index = Index.safeParse(readJson(reply, { url, path: '/' }));
  if (!index.success) throw wrong('GET / names no version');
  const { product, tagline, basedOnKuma, version } = index.data;
  const name = product ?? tagline ?? '';
  // Kong's Admin API answers in the same shape, with the tagline "Welcome to kong".
  if (/^(kuma|kong mesh)/i.test(name) || basedOnKuma) return { product: name, version };
  throw wrong(name === '' ? 'GET / names no product' : `it calls itself ${name.slice(0, 60)}`);
}

/** @throws MeshdError KUMA_MESH_MISSING and those of a connection. */
export async function readMesh(
  connection: Connection,
  mesh: string,
  signal: AbortSignal,
): Promise<Mesh> {
  const path = `/meshes/${encodeURIComponent(mesh)}`;
  const asked = { url: connection.url, path };
  const reply = await connection.get(path, signal);
  if (missing(reply) === 'resource')
    throw sourceErrors.error('KUMA_MESH_MISSING', { ...asked, mesh });
  return readShape(Mesh, readJson(reply, asked), asked);
}
