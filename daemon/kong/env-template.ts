/**
 * decK's `${{ env "DECK_X" | toInt }}`. decK replaces them in the text before it reads the YAML, so a
 * value with a colon, a quote or a line break falls apart there. Here they are cut out before the
 * text is parsed and filled in afterwards: a value may hold any character, and what came from the
 * environment is known exactly.
 */
import type { Failure } from '../../catalog/error';
import { kongErrors } from './errors';
import { readCollection } from './flow-collection';
import type { Json } from './model';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface MaskedText {
  /** As long as the original, so that offsets hold in both. */
  readonly text: string;
  readonly templates: readonly string[];
}

const opening = '\uF8F0';
const padding = '\uF8F1';
const closing = '\uF8F2';
const placeholder = /\uF8F0([0-9]+)\uF8F1*\uF8F2/g;

/** Puts an inert placeholder in the place of each template. */
export function maskTemplates(text: string): MaskedText {
  if (!text.includes('${{')) return { text, templates: [] };
  const templates: string[] = [];
  const masked = text.replace(/\$\{\{.*?\}\}/g, (template) => {
    const index = String(templates.push(template) - 1);
    return opening + index.padEnd(template.length - 2, padding) + closing;
  });
  return { text: masked, templates };
}

/** `templates` are those of the file: without any, text that only looks like a placeholder is text. */
export function holdsTemplate(text: string, templates: readonly string[]): boolean {
  return templates.length > 0 && looksLikeTemplate(text);
}

export function looksLikeTemplate(masked: string): boolean {
  return masked.includes(opening);
}

/** The text as the user wrote it. */
export function unmaskTemplates(text: string, templates: readonly string[]): string {
  if (!holdsTemplate(text, templates)) return text;
  return text.replace(placeholder, (whole, index: string) => templates[Number(index)] ?? whole);
}

export type Filled =
  { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly failure: Failure };

/**
 * The scalar with its templates filled in. A scalar that is one whole template may become a number or
 * a boolean: by toInt, toFloat, toBool, or where it is unquoted and the value reads the same either
 * way (as decK has it); unquoted it may be a list, too; everything else is text.
 */
export function fillTemplates(
  text: string,
  templates: readonly string[],
  options: { readonly plain: boolean; readonly env: Environment },
): Filled {
  const [first] = text.match(placeholder) ?? [];
  if (first !== undefined && first.length === text.trimEnd().length) {
    const filled = evaluate(templateAt(first, templates), options.env);
    if (!filled.ok || typeof filled.value !== 'string' || !options.plain) return filled;
    return { ok: true, value: asWritten(filled.value) };
  }
  let failure: Failure | undefined;
  const value = text.replace(placeholder, (whole) => {
    const filled = evaluate(templateAt(whole, templates), options.env);
    if (filled.ok) return textOf(filled.value);
    failure ??= filled.failure;
    return '';
  });
  return failure ? { ok: false, failure } : { ok: true, value };
}

function templateAt(mark: string, templates: readonly string[]): string {
  const index = mark.slice(1).match(/^[0-9]+/)?.[0] ?? '';
  return templates[Number(index)] ?? mark;
}

/** Numbers and booleans only in the one form in which they read the same as text. */
function asWritten(text: string): Json {
  if (/^\s*[[{]/.test(text)) return readCollection(text) ?? text;
  if (text === 'true' || text === 'false') return text === 'true';
  if (!/^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?$/.test(text)) return text;
  return String(Number(text)) === text ? Number(text) : text;
}

const templatePattern =
  /^\$\{\{\s*env\s+(\\?["'`])([^"'`\\]*)\1\s*((?:\|\s*\w+(?:\s+[0-9]+)?\s*)*)\}\}$/;

function evaluate(template: string, env: Environment): Filled {
  const match = templatePattern.exec(template);
  if (!match) return bad('KONG_TEMPLATE_SYNTAX', { template, reason: 'it is not env "NAME"' });
  const name = match[2] ?? '';
  if (!name.startsWith('DECK_')) return bad('KONG_TEMPLATE_PREFIX', { name });
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined) return bad('KONG_TEMPLATE_UNSET', { name });
  let result: Json = value;
  for (const filter of (match[3] ?? '').split('|').slice(1)) {
    const filtered = applyFilter(result, filter.trim(), name, template);
    if (!filtered.ok) return filtered;
    result = filtered.value;
  }
  return { ok: true, value: result };
}

function applyFilter(value: Json, filter: string, name: string, template: string): Filled {
  const text = textOf(value);
  switch (filter.split(/\s/)[0]) {
    case 'toInt':
      if (!/^[-+]?[0-9]+$/.test(text)) return wrongType(name, 'an integer', filter);
      return { ok: true, value: Number(text) };
    case 'toFloat':
      if (!/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text)) {
        return wrongType(name, 'a number', filter);
      }
      return { ok: true, value: Number(text) };
    case 'toBool':
      // The spellings of Go's strconv.ParseBool.
      if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return { ok: true, value: true };
      if (/^(?:0|f|F|false|FALSE|False)$/.test(text)) return { ok: true, value: false };
      return wrongType(name, 'a boolean', filter);
    case 'indent':
      // Keeps a value of several lines inside a YAML block in decK's text; here it stays one value.
      return { ok: true, value };
    default:
      return bad('KONG_TEMPLATE_SYNTAX', { template, reason: `there is no ${filter}` });
  }
}

function wrongType(name: string, type: string, filter: string): Filled {
  return bad('KONG_TEMPLATE_VALUE', { name, type, filter });
}

function bad(
  code: Parameters<typeof kongErrors.failure>[0],
  details: Readonly<Record<string, string>>,
): Filled {
  return { ok: false, failure: kongErrors.failure(code, details) };
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
