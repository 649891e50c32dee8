import { entityTypes, entityTypesByPath } from '../entities/entity-types';

export interface LoggedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  /** Bytes of the request's body. */
  readonly bodyBytes: number;
}

/** The newest requests kept one by one; counts go on without bound. */
const keptRequests = 10_000;

/** What was asked of the node. A request without a reply (a fault) has status 0. */
export class RequestLog {
  private readonly requests: LoggedRequest[] = [];
  private readonly countsByKind = new Map<string, number>();

  add(request: LoggedRequest): void {
    this.requests.push(request);
    if (this.requests.length > 2 * keptRequests) this.requests.splice(0, keptRequests);
    const kind = `${request.method} ${pathKind(request.path)}`;
    this.countsByKind.set(kind, (this.countsByKind.get(kind) ?? 0) + 1);
  }

  /** At least the newest 10,000, oldest first. */
  list(): readonly LoggedRequest[] {
    return [...this.requests];
  }

  /** How many by method and kind of path: `{'PUT /services/{}': 3}`. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.countsByKind);
  }

  clear(): void {
    this.requests.length = 0;
    this.countsByKind.clear();
  }
}

const words = new Set<string>([
  ...entityTypesByPath.keys(),
  ...[...entityTypes.values()].flatMap((type) => Object.values(type.below)),
  ...['config', 'status', 'schemas', 'tags', 'endpoints', 'plugins', 'health', 'all'],
  ...['healthy', 'unhealthy', 'enabled', 'validate', 'ready', 'timers', 'targets'],
]);

/** A path with names and ids taken out. */
function pathKind(path: string): string {
  const [bare = '/'] = path.split('?');
  const segments = bare.split('/').filter((segment) => segment !== '');
  const kinds = segments.map((segment, at) =>
    at === 0 ||
    (words.has(segment) && (at % 2 === 0 || segment === 'enabled' || segments[0] === 'schemas'))
      ? segment
      : '{}',
  );
  return `/${kinds.join('/')}`;
}
