/** An entity before and after as lines of JSON, unchanged ones included, marked with ` `, `-`, `+`. */
import type { Json, JsonObject } from '../kong/model';
import { equalJson } from './compare-fields';

export interface MarkedLine {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** Keys sorted; records are entered, lists shown whole before and after. */
export function showUpdate(before: JsonObject, after: JsonObject): readonly MarkedLine[] {
  const lines: MarkedLine[] = [];
  compare(before, after, '', '', lines);
  return lines;
}

function compare(
  before: JsonObject,
  after: JsonObject,
  indent: string,
  label: string,
  into: MarkedLine[],
): void {
  into.push({ mark: ' ', text: `${indent}${label}{` });
  const inner = `${indent}  `;
  for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const old = before[name];
    const now = after[name];
    const title = `${JSON.stringify(name)}: `;
    if (old !== undefined && now !== undefined && isRecord(old) && isRecord(now)) {
      compare(old, now, inner, title, into);
    } else if (old !== undefined && now !== undefined && equalJson(old, now)) {
      print(now, ' ', inner, title, into);
    } else {
      if (old !== undefined) print(old, '-', inner, title, into);
      if (now !== undefined) print(now, '+', inner, title, into);
    }
  }
  into.push({ mark: ' ', text: `${indent}}${indent === '' ? '' : ','}` });
}

function print(
  value: Json,
  mark: MarkedLine['mark'],
  indent: string,
  title: string,
  into: MarkedLine[],
): void {
  const [first = '', ...rest] = JSON.stringify(value, undefined, 2).split('\n');
  const texts = [`${indent}${title}${first}`, ...rest.map((line) => `${indent}${line}`)];
  for (const [index, text] of texts.entries()) {
    into.push({ mark, text: index === texts.length - 1 ? `${text},` : text });
  }
}

function isRecord(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
