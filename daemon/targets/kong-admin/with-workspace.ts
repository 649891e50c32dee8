import type { KongClient } from '../kong-http/client';

/** The client of one workspace. The node's own status is in none. */
export function withWorkspace(
  client: KongClient,
  workspaceOf: () => string | undefined,
): KongClient {
  return {
    ...client,
    get url() {
      const workspace = workspaceOf();
      return workspace === undefined
        ? client.url
        : `${client.url}/${encodeURIComponent(workspace)}`;
    },
    request(request, signal) {
      const workspace = workspaceOf();
      if (workspace === undefined) return client.request(request, signal);
      const prefix = `/${encodeURIComponent(workspace)}`;
      const path = request.path === '/status' ? request.path : `${prefix}${request.path}`;
      return client.request({ ...request, path }, signal);
    },
  };
}
