/** A list or mapping as the value of a variable: `[a.example, b.example]`, `{"a": 1}`. */
import { parseDocument } from 'yaml';
import { tooDeepAt } from '../../catalog/yaml-nesting';
import { isList, isObject } from './merge-json';
import type { Json } from './model';

/** An IPv6 address in brackets, which YAML would take for a list. */
const address = /^\[[0-9a-fA-F.]*:[0-9a-fA-F:.]*\]$/;

/**
 * `undefined` where the text is none. A list may be written as in YAML, a mapping only as JSON, because
 * `{vault://env/key}` is a reference to a vault and no mapping.
 */
export function readCollection(text: string): Json | undefined {
  const trimmed = text.trim();
  // No key of this name is taken anywhere in a configuration.
  if (address.test(trimmed) || trimmed.includes('__proto__')) return undefined;
  if (tooDeepAt(trimmed) !== undefined) return undefined;
  try {
    const value = (trimmed.startsWith('{') ? JSON.parse(trimmed) : readYaml(trimmed)) as Json;
    return isList(value) || isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @throws where it is no YAML, or has aliases. */
function readYaml(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) throw error;
  // As JSON, which has neither infinities nor dates.
  return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 0 })));
}
