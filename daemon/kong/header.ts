/** The keys of a file that are about the file: version, defaults, shared plugin configs, workspace. */
import type { Failure, Place } from '../../catalog/error';
import { kongErrors } from './errors';
import { HeaderSettings } from './header-settings';
import { isEntityType } from './kinds';
import { isList, isObject } from './merge-json';
import type { EntityType, Json, JsonObject, Path } from './model';
import { entityTypes } from './model';
import type { ValueReader } from './resolve-value';
import type { MapEntry } from './source-tree';
import { commentKeys, foreignFormat, keyKind, similarKey } from './top-level-keys';

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
  /** What a file says of its passwords: hashed already. Only Konnect takes them as they are. */
  readonly skipsHash: boolean;
  readonly passthrough: JsonObject;
  /** Where each setting stands, by its path: `_info.select_tags`. */
  readonly places: ReadonlyMap<string, Place>;
}

const formatKey = '_format_version';

/** Known to decK, and without a meaning for what is done here. */
const ignoredInfo: ReadonlySet<string> = new Set([
  'consumer_group_policy_overrides',
  'include_plugin_definitions',
]);
const infoKeys: ReadonlySet<string> = new Set([
  ...['select_tags', 'defaults', 'default_lookup_tags', 'skip_hash_for_basic_auth'],
  ...ignoredInfo,
]);

/** What decK defaults, and the other types in the same spelling. */
const defaultNames: ReadonlySet<string> = new Set(entityTypes.map(defaultsName));

/** `ai_models` and `partials` are looked up by decK only: nothing that is read here refers to them. */
const lookupNames: ReadonlySet<string> = new Set([...entityTypes, 'partials', 'ai_models']);

/**
 * Gathers the header over all files; what two files say differently is a failure. A key that nobody
 * knows makes the whole file unusable: what was meant to stand below it would count as deleted.
 */
export class HeaderReader {
  private readonly settings: HeaderSettings;
  private selectTags: readonly string[] = [];
  private workspace: string | undefined;
  private readonly defaults = new Map<string, SharedConfig>();
  private readonly pluginConfigs = new Map<string, SharedConfig>();
  private readonly lookupTypes = new Set<EntityType>();
  private readonly passthrough: Record<string, Json> = {};
  private skipsHash = false;

  /** @param strict false for what a gateway gives back: what it holds is what it knows. */
  constructor(private readonly strict: boolean) {
    this.settings = new HeaderSettings(strict);
  }

  /** Whether the file is one for Kong at all; else the failure is reported. */
  isForKong(reader: ValueReader): boolean {
    if (!this.strict) return true;
    const { root, path: file } = reader.file;
    const place = { file, line: 1, column: 1 };
    const found = root.entries.length === 0 ? 'nothing' : foreignFormat(root);
    if (found === undefined) return true;
    reader.failures.push(kongErrors.failure('KONG_FILE_SHAPE', { found }, { place }));
    return false;
  }

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
    else if (!commentKeys.has(key)) this.readPassthrough(reader, entry);
  }

  header(): Header {
    return {
      selectTags: this.selectTags,
      defaults: this.defaults,
      pluginConfigs: this.pluginConfigs,
      lookupTypes: this.lookupTypes,
      passthrough: this.passthrough,
      skipsHash: this.skipsHash,
      places: this.settings.places(),
      ...(this.workspace === undefined ? {} : { workspace: this.workspace }),
    };
  }

  private readWorkspace(reader: ValueReader, entry: MapEntry): void {
    const { value } = reader.read(entry.value);
    if (typeof value !== 'string') this.settings.wrongType(reader, entry, entry.key, 'text');
    else if (this.settings.agrees(reader, entry, entry.key, value)) this.workspace = value;
  }

  private readInfo(reader: ValueReader, info: MapEntry): void {
    if (info.value.kind !== 'map') {
      this.settings.wrongType(reader, info, info.key, 'a mapping');
      return;
    }
    for (const entry of info.value.entries) {
      const name = `_info.${entry.key}`;
      if (entry.key === 'select_tags') this.readSelectTags(reader, entry, name);
      else if (entry.key === 'defaults') this.readShared(reader, entry, this.defaults, name);
      else if (entry.key === 'default_lookup_tags') this.readLookupTags(reader, entry, name);
      else if (entry.key === 'skip_hash_for_basic_auth') this.readSkipsHash(reader, entry, name);
      else if (!ignoredInfo.has(entry.key)) this.settings.unknown(reader, entry, name, infoKeys);
    }
  }

  private readSkipsHash(reader: ValueReader, entry: MapEntry, name: string): void {
    const { value } = reader.read(entry.value);
    if (typeof value !== 'boolean') this.settings.wrongType(reader, entry, name, 'true or false');
    else if (this.settings.agrees(reader, entry, name, value)) this.skipsHash = value;
  }

  private readSelectTags(reader: ValueReader, entry: MapEntry, name: string): void {
    const { value } = reader.read(entry.value);
    if (!isTags(value)) {
      this.settings.wrongType(reader, entry, name, 'a list of tags');
      return;
    }
    if (this.settings.agrees(reader, entry, name, [...value].sort())) this.selectTags = value;
  }

  private readLookupTags(reader: ValueReader, entry: MapEntry, name: string): void {
    if (entry.value.kind !== 'map') {
      this.settings.wrongType(reader, entry, name, 'a mapping');
      return;
    }
    for (const part of entry.value.entries) {
      const path = `${name}.${part.key}`;
      const { value } = reader.read(part.value);
      if (!lookupNames.has(part.key)) this.settings.unknown(reader, part, path, lookupNames);
      else if (!isTags(value)) this.settings.wrongType(reader, part, path, 'a list of tags');
      else if (isEntityType(part.key) && value.length > 0) this.lookupTypes.add(part.key);
    }
  }

  private readShared(
    reader: ValueReader,
    entry: MapEntry,
    into: Map<string, SharedConfig>,
    name: string,
  ): void {
    if (entry.value.kind !== 'map') {
      this.settings.wrongType(reader, entry, name, 'a mapping');
      return;
    }
    for (const part of entry.value.entries) {
      const { value, secrets } = reader.read(part.value);
      const path = `${name}.${part.key}`;
      if (into === this.defaults && !defaultNames.has(part.key)) {
        this.settings.unknown(reader, part, path, defaultNames);
      } else if (!isObject(value)) this.settings.wrongType(reader, part, path, 'a mapping');
      else if (this.settings.agrees(reader, part, path, value))
        into.set(part.key, { value, secrets });
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
    if (!this.settings.agrees(reader, entry, key, value)) return;
    if (key === '_transform' && typeof value !== 'boolean') {
      this.settings.wrongType(reader, entry, key, 'true or false');
      return;
    }
    this.passthrough[key] = value;
    const kind = keyKind(key);
    if (!this.strict || kind === 'header') return;
    const place = reader.placeAt(entry.keyStart);
    if (kind === 'unmanaged') {
      reader.failures.push(kongErrors.failure('KONG_KIND_UNMANAGED', { key }, { place }));
      return;
    }
    this.settings.reportUnknown(reader, entry, key, similarKey(key));
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

function isTags(value: Json): value is readonly string[] {
  return isList(value) && value.every((tag) => typeof tag === 'string');
}
