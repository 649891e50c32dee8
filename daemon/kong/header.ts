/** The keys of a file that are about the file: version, defaults, shared plugin configs, workspace. */
import { nearest } from '../../catalog/nearest';
import { formatPlace, type Failure, type Place } from '../../catalog/error';
import { kongErrors } from './errors';
import { isEntityType } from './kinds';
import { isList, isObject } from './merge-json';
import type { EntityType, Json, JsonObject, Path } from './model';
import { entityTypes } from './model';
import type { ValueReader } from './resolve-value';
import type { MapEntry } from './source-tree';

/** A shared value and which of its parts came from the environment. */
export interface SharedConfig {
  readonly value: JsonObject;
  readonly secrets: readonly Path[];
}

export interface Header {
  readonly selectTags: readonly string[];
  /** By singular type name as decK spells it: service, route, upstream, target. */
  readonly defaults: ReadonlyMap<string, SharedConfig>;
  readonly pluginConfigs: ReadonlyMap<string, SharedConfig>;
  /** Types whose entities a reference may look for on the gateway instead of in the files. */
  readonly lookupTypes: ReadonlySet<EntityType>;
  readonly workspace?: string;
  readonly passthrough: JsonObject;
}

const formatKey = '_format_version';

/** Gathers the header over all files; what two files say differently is a failure. */
export class HeaderReader {
  private readonly settings = new Map<string, { text: string; place: Place }>();
  private selectTags: readonly string[] = [];
  private workspace: string | undefined;
  private readonly defaults = new Map<string, SharedConfig>();
  private readonly pluginConfigs = new Map<string, SharedConfig>();
  private readonly lookupTypes = new Set<EntityType>();
  private readonly passthrough: Record<string, Json> = {};

  /** The version of one file: true where route paths still lack the `~` of Kong 3. */
  readVersion(reader: ValueReader, entries: readonly MapEntry[]): boolean {
    const entry = entries.find(({ key }) => key === formatKey);
    const place = entry
      ? reader.placeOf(entry.value)
      : { file: reader.file.path, line: 1, column: 1 };
    const version = entry ? reader.read(entry.value).value : undefined;
    if (version === undefined) {
      reader.failures.push(kongErrors.failure('KONG_FORMAT_MISSING', {}, { place }));
      return false;
    }
    if (typeof version === 'number') {
      reader.failures.push(kongErrors.failure('KONG_FORMAT_TYPE', {}, { place }));
    }
    const text = typeof version === 'number' ? version.toFixed(1) : version;
    if (text === '1.1' || text === '2.1') return true;
    if (text !== '3.0') {
      const shown = typeof text === 'string' ? text : JSON.stringify(text);
      reader.failures.push(
        kongErrors.failure('KONG_FORMAT_UNKNOWN', { version: shown }, { place }),
      );
    }
    return false;
  }

  read(reader: ValueReader, entry: MapEntry): void {
    const { key } = entry;
    if (key === formatKey) return;
    if (key === '_info') this.readInfo(reader, entry);
    else if (key === '_plugin_configs') this.readShared(reader, entry, this.pluginConfigs, key);
    else if (key === '_workspace') this.readWorkspace(reader, entry);
    else this.readPassthrough(reader, entry);
  }

  header(): Header {
    return {
      selectTags: this.selectTags,
      defaults: this.defaults,
      pluginConfigs: this.pluginConfigs,
      lookupTypes: this.lookupTypes,
      passthrough: this.passthrough,
      ...(this.workspace === undefined ? {} : { workspace: this.workspace }),
    };
  }

  private readWorkspace(reader: ValueReader, entry: MapEntry): void {
    const { value } = reader.read(entry.value);
    if (typeof value !== 'string') this.wrongType(reader, entry, entry.key, 'text');
    else if (this.agrees(reader, entry, entry.key, value)) this.workspace = value;
  }

  private readInfo(reader: ValueReader, info: MapEntry): void {
    if (info.value.kind !== 'map') {
      this.wrongType(reader, info, info.key, 'a mapping');
      return;
    }
    for (const entry of info.value.entries) {
      const name = `_info.${entry.key}`;
      if (entry.key === 'select_tags') this.readSelectTags(reader, entry, name);
      else if (entry.key === 'defaults') this.readShared(reader, entry, this.defaults, name);
      else if (entry.key === 'default_lookup_tags') this.readLookupTags(reader, entry, name);
    }
  }

  private readSelectTags(reader: ValueReader, entry: MapEntry, name: string): void {
    const { value } = reader.read(entry.value);
    if (!isList(value) || !value.every((tag) => typeof tag === 'string')) {
      this.wrongType(reader, entry, name, 'a list of tags');
      return;
    }
    if (this.agrees(reader, entry, name, [...value].sort())) this.selectTags = value;
  }

  private readLookupTags(reader: ValueReader, entry: MapEntry, name: string): void {
    const { value } = reader.read(entry.value);
    if (!isObject(value)) {
      this.wrongType(reader, entry, name, 'a mapping');
      return;
    }
    for (const [type, tags] of Object.entries(value)) {
      if (isEntityType(type) && isList(tags) && tags.length > 0) this.lookupTypes.add(type);
    }
  }

  private readShared(
    reader: ValueReader,
    entry: MapEntry,
    into: Map<string, SharedConfig>,
    name: string,
  ): void {
    if (entry.value.kind !== 'map') {
      this.wrongType(reader, entry, name, 'a mapping');
      return;
    }
    for (const part of entry.value.entries) {
      const { value, secrets } = reader.read(part.value);
      const path = `${name}.${part.key}`;
      if (!isObject(value)) this.wrongType(reader, part, path, 'a mapping');
      else if (this.agrees(reader, part, path, value)) into.set(part.key, { value, secrets });
    }
  }

  private readPassthrough(reader: ValueReader, entry: MapEntry): void {
    const { key } = entry;
    if (key === '__proto__') {
      const place = reader.placeAt(entry.keyStart);
      reader.failures.push(kongErrors.failure('KONG_KEY_FORBIDDEN', { key }, { place }));
      return;
    }
    const { value, ok } = reader.read(entry.value);
    if (!ok) return;
    const known = this.passthrough[key];
    if (isList(known) && isList(value)) {
      this.passthrough[key] = [...known, ...value];
      return;
    }
    if (!this.agrees(reader, entry, key, value)) return;
    this.passthrough[key] = value;
    if (key.startsWith('_')) return;
    const [similar] = nearest(key, entityTypes, 1);
    const hint = similar === undefined ? '' : `, or did you mean ${similar}?`;
    const place = reader.placeAt(entry.keyStart);
    reader.failures.push(kongErrors.failure('KONG_UNKNOWN_KEY', { key, hint }, { place }));
  }

  /** Whether this is the first word on a setting, or the same as before. */
  private agrees(reader: ValueReader, entry: MapEntry, key: string, value: Json): boolean {
    const text = JSON.stringify(value);
    const place = reader.placeAt(entry.keyStart);
    const known = this.settings.get(key);
    if (!known) {
      this.settings.set(key, { text, place });
      return true;
    }
    if (known.text !== text) {
      const other = formatPlace(known.place);
      reader.failures.push(kongErrors.failure('KONG_HEADER_CONFLICT', { key, other }, { place }));
    }
    return false;
  }

  private wrongType(reader: ValueReader, entry: MapEntry, key: string, expected: string): void {
    const place = reader.placeOf(entry.value);
    reader.failures.push(kongErrors.failure('KONG_HEADER_TYPE', { key, expected }, { place }));
  }
}

/** A finding of one file that makes all of it unusable, as opposed to one of a single entity. */
export function concernsWholeFile(failure: Failure): boolean {
  return failure.severity === 'error' && /^KONG_(?:FILE|HEADER|FORMAT)_/.test(failure.code);
}

/** What decK calls a type in `_info.defaults`. */
export function defaultsName(type: EntityType): string {
  return type.replace(/s$/, '');
}

/** What a file puts into the entities of a type that leave it out. */
export function defaultsOf({ defaults }: Header, type: EntityType): JsonObject | undefined {
  return defaults.get(defaultsName(type))?.value;
}
