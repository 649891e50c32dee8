import type { EntityType } from '../../entities/entity-types';
import type { EntityDraft } from '../../entities/fill-defaults';

/** One entity of a document, with where it stands there. */
export interface DeclaredEntity {
  readonly type: EntityType;
  /** Filled and normalised; references and the id are put in later. */
  readonly entity: EntityDraft;
  /** The very object of the document. */
  readonly item: EntityDraft;
  /** Place in its own list, from 0. */
  readonly index: number;
  readonly parent?: { readonly declared: DeclaredEntity; readonly field: string };
  /** References that the document writes as a text (a name or an id) or as `{id}`. */
  readonly references: ReadonlyMap<string, unknown>;
}

/** Whether a document's entity points at one that is not there, and how it was written. */
export interface Dangling {
  readonly declared: DeclaredEntity;
  readonly field: string;
  readonly referenced: string;
  readonly written: unknown;
}
