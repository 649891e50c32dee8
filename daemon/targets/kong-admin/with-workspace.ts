import type { KongClient } from '../kong-http/client';

/** The client of one workspace. The node's own status is in none. */
export function withWorkspace(client: KongClient, workspace: string | undefined): KongClient {
  if (workspace === undefined) return client;
  const prefix = `/${encodeURIComponent(workspace)}`;
  return {
    ...client,
    request(request, signal) {
      const path = request.path === '/status' ? request.path : `${prefix}${request.path}`;
      return client.request({ ...request, path }, signal);
    },
  };
}
