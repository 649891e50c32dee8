import { parseDocument as parseYaml } from 'yaml';
import { isRecord } from '../../entities/fill-defaults';

/** A document as posted, or why it is none. */
export type ParsedDocument =
  { readonly document: Readonly<Record<string, unknown>> } | { readonly error: string };

/** Reads the text of a declarative config: YAML, of which JSON is a part. */
export function parseConfigText(text: unknown): ParsedDocument {
  if (typeof text !== 'string') {
    return failed(
      "/usr/local/share/lua/5.1/lyaml/init.lua:460: bad argument #1 to 'parser' (must provide a string argument)",
    );
  }
  const value = parseJson(text) ?? parseYamlText(text);
  if (value instanceof Error) return failed(value.message);
  return isRecord(value) ? { document: value } : failed('expected an object');
}

function failed(reason: string): ParsedDocument {
  return { error: `failed parsing declarative configuration: ${reason}` };
}

/** By far the faster way where the text is JSON. */
function parseJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The place is put as Kong's YAML parser puts it; its sentence is this parser's own. */
function parseYamlText(text: string): unknown {
  const parsed = parseYaml(text, { version: '1.1', merge: true });
  const [error] = parsed.errors;
  if (error) {
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
    return new Error(
      `${line}:${col}: ${error.message.split('\n')[0] ?? 'did not find expected node'}`,
    );
  }
  return parsed.toJS() as unknown;
}
