/** What every read needs to know of its control plane. */
import type { World } from './views';

export interface ReadContext {
  readonly world: World;
  readonly version: () => string;
  /** How often proxies are told of changes. */
  readonly refreshMs: () => number;
  /** Whether service-insights lists only gateways, and the endpoints that need MeshServices answer. */
  readonly isExclusive: (mesh: string) => boolean;
}
