/** An entity as it stands in a file, before its references are resolved. */
import type { Header } from './header';
import type { EntityType, Json, JsonObject, Path } from './model';
import type { ValueReader } from './resolve-value';
import type { SourceNode } from './source-tree';

export interface Draft {
  readonly type: EntityType;
  readonly reader: ValueReader;
  readonly node: SourceNode;
  readonly path: Path;
  fields: JsonObject;
  secrets: readonly Path[];
  id?: string;
  /** The entity it is nested in, and the field that refers to it. */
  readonly parent?: { readonly field: string; readonly draft: Draft };
  /** Written references: values not looked at yet, with their nodes for places. */
  readonly references: Map<string, { readonly value: Json; readonly node: SourceNode }>;
  /** Some finding makes it unfit; what belongs to it is left out as well. */
  bad: boolean;
}

export interface DraftSource {
  readonly header: Header;
  /** Whether regular expression paths lack the `~` of Kong 3. */
  readonly oldPaths: boolean;
  readonly onOldPath: () => void;
  /** Hears of entities that are not managed and stand inside another one. */
  readonly onPassedOn: (kind: string, items: readonly JsonObject[]) => void;
}
