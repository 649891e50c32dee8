import type { ReportProgress } from '../../progress';
import type { KongHttpOptions } from '../kong-http/options';

export interface AdminOptions extends KongHttpOptions {
  /**
   * An entity is ours if it carries all of them: nothing else is listed, changed or deleted, and what
   * is written gets them. Default: those of the files (`_info.select_tags`); with none at all the whole
   * gateway is ours.
   */
  readonly selectTags?: readonly string[];
  /** On what is made for the mesh, besides the select tags: tells it from the user's when read back. */
  readonly ownerTag: string;
  /** Tags of an earlier owner: what carries all of them is taken over, and loses them. */
  readonly adopt?: readonly string[];
  /** Put before each path, for a Kong that has workspaces. */
  readonly workspace?: string;
  /** Requests at once. Default 10. */
  readonly parallelism?: number;
  /** Every so often a probe lists everything instead of a part. Default an hour. */
  readonly relistMs?: number;
  /** Reads lists in the order that Kong gives them in: for whoever shows them, not for comparisons. */
  readonly asListed?: boolean;
  /** Hears how many entities were read and written. */
  readonly progress?: ReportProgress | undefined;
  /** A clock that never goes back, in ms. */
  readonly now?: () => number;
}
