/** What would have to happen to a target, as data: computed first, shown, filtered, then applied. */
import type { Entity, Json, Path } from '../kong/model';

export type Change =
  | { readonly op: 'create'; readonly next: Entity }
  | {
      readonly op: 'update';
      readonly previous: Entity;
      readonly next: Entity;
      readonly fields: readonly FieldChange[];
    }
  | { readonly op: 'delete'; readonly previous: Entity };

export interface FieldChange {
  readonly path: Path;
  /** Absent where the field was not there before. */
  readonly before?: Json;
  /** Absent where the field goes. */
  readonly after?: Json;
}

export interface Plan {
  /** In the order they can be applied in: creates and updates by level, then deletes in reverse. */
  readonly changes: readonly Change[];
  readonly summary: {
    readonly creating: number;
    readonly updating: number;
    readonly deleting: number;
  };
}
