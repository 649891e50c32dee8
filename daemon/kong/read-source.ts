/** Text of a file → tree. What cannot be read at all is a failure of the whole file. */
import { parseDocument } from 'yaml';
import type { Failure } from '../../catalog/error';
import { tooDeepAt } from '../../catalog/yaml-nesting';
import { yamlReason } from '../../catalog/yaml-reason';
import { maskTemplates } from './env-template';
import { kongErrors } from './errors';
import { scanJson } from './scan-json';
import { scanYaml } from './scan-yaml';
import type { ConfigFile } from './model';
import { LineIndex, type MapNode, type SourceFile, type SourceNode } from './source-tree';
import { TreeBuilder, Unreadable } from './tree-builder';

export type SourceResult =
  | { readonly ok: true; readonly file: SourceFile }
  | { readonly ok: false; readonly failures: readonly Failure[] };

export interface ReadOptions {
  /** Whether templates are more than text here. Default true. */
  readonly templates?: boolean;
}

export function readSource({ path, text }: ConfigFile, options: ReadOptions = {}): SourceResult {
  const masked = options.templates === false ? { text, templates: [] } : maskTemplates(text);
  const json = scanJson(masked.text);
  const tree = json ?? scanYaml(masked.text);
  if (!tree) return readFully(path, text, masked);
  return checkRoot(path, tree, (root) => ({
    path,
    text,
    root,
    templates: masked.templates,
    syntax: json ? 'json' : 'yaml',
  }));
}

/** By the full parser, whatever the fast readers could do: for tests that hold them against it. */
export function readFully(path: string, text: string, masked = maskTemplates(text)): SourceResult {
  const lines = new LineIndex(path, text);
  const syntax = (reason: string, offset: number): Failure =>
    kongErrors.failure('KONG_FILE_SYNTAX', { reason }, { place: lines.place(offset) });
  const tooDeep = tooDeepAt(masked.text);
  if (tooDeep !== undefined) {
    return { ok: false, failures: [syntax('it is nested too deeply', tooDeep)] };
  }
  // Whether they count is read in different ways, and an indented root is what nobody means.
  if (/^\uFEFF[ \t]+[^\s#]/.test(text)) {
    const reason = 'blanks stand between the byte order mark and the first key';
    return { ok: false, failures: [syntax(reason, 1)] };
  }
  const document = parseDocument(masked.text, { prettyErrors: false, keepSourceTokens: false });
  if (document.errors.length > 0) {
    const failures = document.errors.map((error) =>
      syntax(withSmallLetter(yamlReason(error)), error.pos[0]),
    );
    return { ok: false, failures };
  }
  const builder = new TreeBuilder(masked.text, masked.templates);
  try {
    if (!document.contents) return checkRoot(path, emptyMap(), fileOf);
    return checkRoot(path, builder.build(document.contents), fileOf);
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, failures: [error.failure(lines)] };
    throw error;
  }

  function fileOf(root: MapNode): SourceFile {
    return { path, text, root, templates: masked.templates, syntax: 'yaml' };
  }
}

function checkRoot(
  path: string,
  root: SourceNode,
  fileOf: (root: MapNode) => SourceFile,
): SourceResult {
  if (root.kind === 'map') return { ok: true, file: fileOf(root) };
  const found = root.kind === 'sequence' ? 'a list' : 'a single value';
  const place = { file: path, line: 1, column: 1 };
  return { ok: false, failures: [kongErrors.failure('KONG_FILE_SHAPE', { found }, { place })] };
}

function emptyMap(): MapNode {
  return { kind: 'map', start: 0, end: 0, size: 1, flow: false, entries: [], merges: [] };
}

/** To go into the middle of our own sentence. */
function withSmallLetter(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
