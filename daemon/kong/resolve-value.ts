/** Tree → values: templates filled in, forbidden keys refused, and what came from the environment noted. */
import type { Failure, Place } from '../../catalog/error';
import { fillTemplates, holdsTemplate, type Environment } from './env-template';
import { kongErrors } from './errors';
import type { Json, JsonObject, Path } from './model';
import { readingInYaml11 } from './core-schema';
import {
  linesOf,
  type LineIndex,
  type MapNode,
  type ScalarNode,
  type SourceFile,
  type SourceNode,
} from './source-tree';

/** Reads values of one file. Findings gather in `failures`, whose places are inside this file. */
export class ValueReader {
  private readonly lines: LineIndex;
  private readonly path: (string | number)[] = [];
  private secrets: Path[] = [];
  private errors = 0;

  constructor(
    readonly file: SourceFile,
    private readonly env: Environment,
    readonly failures: Failure[],
  ) {
    this.lines = linesOf(file);
  }

  placeOf(node: { readonly start: number }): Place {
    return this.lines.place(node.start);
  }

  placeAt(offset: number): Place {
    return this.lines.place(offset);
  }

  /**
   * The value of `node`. `secrets` are the paths inside it that hold something from the environment.
   * `ok` is false where a finding makes the value unfit for use.
   */
  read(node: SourceNode): { value: Json; secrets: readonly Path[]; ok: boolean } {
    this.secrets = [];
    this.errors = 0;
    const value = this.value(node);
    return { value, secrets: this.secrets, ok: this.errors === 0 };
  }

  /** As `read`, of a mapping, without the entries that `skip` names. */
  readMap(
    map: MapNode,
    skip: (key: string) => boolean,
  ): { value: JsonObject; secrets: readonly Path[]; ok: boolean } {
    this.secrets = [];
    this.errors = 0;
    const value = this.map(map, skip);
    return { value, secrets: this.secrets, ok: this.errors === 0 };
  }

  private value(node: SourceNode): Json {
    if (node.kind === 'scalar') return this.scalar(node);
    if (node.kind === 'map') return this.map(node);
    return node.items.map((item, index) => {
      this.path.push(index);
      const value = this.value(item);
      this.path.pop();
      return value;
    });
  }

  private map(map: MapNode, skip?: (key: string) => boolean): JsonObject {
    const value: Record<string, Json> = {};
    for (const entry of map.entries) {
      const { key } = entry;
      if (skip?.(key)) continue;
      if (key === '__proto__') {
        this.error(
          kongErrors.failure(
            'KONG_KEY_FORBIDDEN',
            { key },
            { place: this.placeAt(entry.keyStart) },
          ),
        );
        continue;
      }
      this.path.push(key);
      value[key] = this.value(entry.value);
      this.path.pop();
    }
    return value;
  }

  private scalar(node: ScalarNode): Json {
    const { value } = node;
    if (typeof value !== 'string') return value;
    if (holdsTemplate(value, this.file.templates)) return this.template(node, value);
    if (node.plain && this.file.syntax === 'yaml') this.warnOfYaml11(node, value);
    return value;
  }

  private template(node: ScalarNode, text: string): Json {
    const { templates } = this.file;
    const filled = fillTemplates(text, templates, { plain: node.plain, env: this.env });
    if (filled.ok) {
      this.secrets.push([...this.path]);
      return filled.value;
    }
    this.error({ ...filled.failure, place: this.placeOf(node) });
    return null;
  }

  private warnOfYaml11(node: ScalarNode, text: string): void {
    const reading = readingInYaml11(text);
    if (reading === undefined) return;
    const place = this.placeOf(node);
    this.failures.push(kongErrors.failure('KONG_YAML_AMBIGUOUS', { reading }, { place }));
  }

  private error(failure: Failure): void {
    this.errors++;
    this.failures.push(failure);
  }
}
