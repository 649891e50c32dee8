/** From a file's text to the resources in it, each with its place. */
import { isNode, LineCounter, parseAllDocuments, type Document } from 'yaml';

import type { Place } from '../../../catalog/error';
import { tooDeepAt } from '../../../catalog/yaml-nesting';
import { yamlReason } from '../../../catalog/yaml-reason';
import { sourceErrors } from '../errors';
import type { TextFile } from './read-files';

export interface LocatedResource {
  readonly resource: unknown;
  /** The place of a field of the resource, or of its nearest parent that is written down. */
  placeOf(field: readonly PropertyKey[]): Place;
}

/**
 * Reads one or several documents, each a resource, a list of resources, or the `{items}` that kumactl
 * prints. JSON is read as the YAML it is.
 * @throws MeshdError MESH_FILE_SYNTAX at the first error.
 */
export function parseFile({ file, text }: TextFile): readonly LocatedResource[] {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const tooDeep = tooDeepAt(text);
  if (tooDeep !== undefined) {
    const details = { cause: 'it is nested too deeply' };
    const line = text.slice(0, tooDeep).split('\n').length;
    throw sourceErrors.error('MESH_FILE_SYNTAX', details, { place: { file, line } });
  }
  return parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  }).flatMap((document) => {
    const [error] = document.errors;
    if (error) {
      const details = { cause: yamlReason(error) };
      throw sourceErrors.error('MESH_FILE_SYNTAX', details, { place: place(error.pos[0]) });
    }
    return resourcesIn(document, file, place);
  });
}

function resourcesIn(
  document: Document,
  file: string,
  place: (offset: number) => Place,
): readonly LocatedResource[] {
  const content = toValue(document, file);
  const { list, base } = listIn(content);
  const located = (resource: unknown, path: readonly PropertyKey[]): LocatedResource => ({
    resource,
    placeOf(field) {
      const full = [...path, ...field];
      for (let length = full.length; length >= 0; length--) {
        const node = document.getIn(full.slice(0, length), true);
        if (isNode(node) && node.range) return place(node.range[0]);
      }
      return { file };
    },
  });
  if (list) return list.map((resource, index) => located(resource, [...base, index]));
  return content === null || content === undefined ? [] : [located(content, [])];
}

function listIn(content: unknown): {
  readonly list?: readonly unknown[];
  readonly base: readonly string[];
} {
  if (Array.isArray(content)) return { list: content, base: [] };
  const { items, type } = (content ?? {}) as { readonly items?: unknown; readonly type?: unknown };
  if (type === undefined && Array.isArray(items)) return { list: items, base: ['items'] };
  // An empty list has null for items.
  if (type === undefined && items === null) return { list: [], base: ['items'] };
  return { base: [] };
}

/** Aliases are only resolved here, and too many of them are refused. */
function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS() as unknown;
  } catch (error) {
    const cause = error instanceof Error ? yamlReason(error) : String(error);
    throw sourceErrors.error('MESH_FILE_SYNTAX', { cause }, { place: { file } });
  }
}
