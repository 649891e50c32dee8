/** The user's files, in the dialect of decK → one state of Kong, and everything found on the way. */
import type { Failure, Place } from '../../catalog/error';
import { draftList } from './draft';
import type { Draft, DraftSource } from './draft-type';
import type { Environment } from './env-template';
import { kongErrors } from './errors';
import { concernsWholeFile, HeaderReader, type Header } from './header';
import { isEntityType } from './kinds';
import { linkDrafts } from './link';
import { isList } from './merge-json';
import type {
  ConfigFile,
  Entity,
  Json,
  JsonObject,
  KongState,
  MissingPlugin,
  Owner,
  Path,
  UnreadItem,
} from './model';
import { sortEntities } from './model';
import { readSource } from './read-source';
import { ValueReader } from './resolve-value';
import { linesOf, nearestNode, type SourceFile } from './source-tree';

export type { ConfigFile } from './model';

export interface ParseOptions {
  /** What `${{ env "DECK_X" }}` reads; `literal` for what a gateway holds, where it is mere text. */
  readonly env: Environment | 'literal';
  /** Entities that carry this tag were written by us earlier, and are owned by the mesh. */
  readonly meshTag?: string;
  /** References to what the files do not define are looked up at the gateway. */
  readonly lookUp?: boolean | undefined;
}

export interface ParsedConfig {
  readonly state: KongState;
  readonly failures: readonly Failure[];
  /**
   * False where a whole file, or something that concerns all of it, could not be read: what is
   * missing in `state` is then unknown, and nothing may be concluded from its absence.
   */
  readonly complete: boolean;
  /** Plugins that the files mean and that are not in `state`. */
  readonly missingPlugins: readonly MissingPlugin[];
  readonly unread: readonly UnreadItem[];
  /** The files as they were read, for the writer and for places. */
  readonly files: readonly SourceFile[];
  readonly header: Header;
  /** Reads other files the same way: a function, because the environment must not be printed with this. */
  readonly parseAgain: (files: readonly ConfigFile[]) => ParsedConfig;
}

/** Total: what is wrong ends up in `failures`, one bad entity with its dependants, the rest goes on. */
export function parseKongConfig(files: readonly ConfigFile[], options: ParseOptions): ParsedConfig {
  const { env } = options;
  const failures: Failure[] = [];
  const readers: ValueReader[] = [];
  let complete = true;
  for (const file of files) {
    const result = readSource(file, { templates: env !== 'literal' });
    if (result.ok) {
      readers.push(new ValueReader(result.file, env === 'literal' ? {} : env, failures));
    } else {
      complete = false;
      failures.push(...result.failures);
    }
  }
  const { header, old } = readHeaders(readers, env !== 'literal');
  const passthrough: Record<string, Json> = { ...header.passthrough };
  const onPassedOn = (kind: string, items: readonly JsonObject[]): void => {
    const known = passthrough[kind];
    passthrough[kind] = [...(isList(known) ? known : []), ...items];
  };
  const drafts = readers.flatMap((reader) => {
    return draftFile(reader, { header, oldPaths: old.has(reader), onPassedOn });
  });
  const { entities, externals, missingPlugins, unread } = linkDrafts(drafts, {
    header,
    ownerOf: (draft) => ownerOf(draft, options.meshTag),
    lookUp: options.lookUp,
  });
  return {
    state: {
      entities: sortEntities(entities),
      passthrough,
      selectTags: header.selectTags,
      ...(header.workspace === undefined ? {} : { workspace: header.workspace }),
      ...(externals.length === 0 ? {} : { externals }),
    },
    failures,
    complete: complete && !failures.some(concernsWholeFile),
    missingPlugins,
    unread,
    files: readers.map((reader) => reader.file),
    header,
    parseAgain: (others) => parseKongConfig(others, options),
  };
}

/** Where a field of an entity stands, or as near to it as the file has something. */
export function placeOfField(
  parsed: Pick<ParsedConfig, 'files'>,
  entity: Pick<Entity, 'origin'>,
  path: Path = [],
): Place | undefined {
  const { origin } = entity;
  const file = origin && parsed.files.find((candidate) => candidate.path === origin.place.file);
  if (!file) return origin?.place;
  const node = nearestNode(file.root, [...origin.path, ...path]);
  return linesOf(file).place(node.start);
}

function readHeaders(
  readers: readonly ValueReader[],
  strict: boolean,
): { header: Header; old: Set<ValueReader> } {
  const headers = new HeaderReader(strict);
  const old = new Set<ValueReader>();
  for (const reader of readers) {
    const { entries } = reader.file.root;
    if (!headers.isForKong(reader)) continue;
    if (headers.readVersion(reader, entries)) old.add(reader);
    for (const entry of entries) {
      if (!isEntityType(entry.key)) headers.read(reader, entry);
    }
  }
  return { header: headers.header(), old };
}

function draftFile(reader: ValueReader, options: Omit<DraftSource, 'onOldPath'>): readonly Draft[] {
  const drafts: Draft[] = [];
  let paths = 0;
  const source: DraftSource = { ...options, onOldPath: () => paths++ };
  for (const entry of reader.file.root.entries) {
    if (!isEntityType(entry.key)) continue;
    draftList(entry.key, entry.value, [entry.key], reader, source, drafts);
  }
  if (options.oldPaths) {
    const entry = reader.file.root.entries.find(({ key }) => key === '_format_version');
    const place = entry && reader.placeOf(entry.value);
    const version = entry?.value.kind === 'scalar' ? String(entry.value.value) : '';
    reader.failures.push(kongErrors.failure('KONG_FORMAT_OLD', { version, paths }, { place }));
  }
  return drafts;
}

function ownerOf(draft: Draft, meshTag: string | undefined): Owner {
  if (meshTag === undefined) return 'user';
  const { tags } = draft.fields;
  return Array.isArray(tags) && tags.includes(meshTag) ? 'mesh' : 'user';
}
