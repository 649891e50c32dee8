/**
 * Unquoted YAML scalars: what they are in YAML 1.2's core schema, which is how Kong's values come out,
 * and which of them a reader of YAML 1.1, such as decK, would take for something else.
 */

export type CoreValue = string | number | boolean | null;

const nullPattern = /^(?:~|[Nn]ull|NULL)?$/;
const booleanPattern = /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/;
const integerPattern = /^[-+]?[0-9]+$/;
const octalPattern = /^0o[0-7]+$/;
const hexPattern = /^0x[0-9a-fA-F]+$/;
const floatPattern = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const specialFloatPattern = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** Characters one of which any scalar that is not text begins with. */
const firstOfTyped = /^[-+.0-9~nNtTfF]|^$/;

/** `undefined` for the infinities and NaN, which JSON and so Kong cannot hold. */
export function resolveCoreScalar(text: string): CoreValue | undefined {
  if (!firstOfTyped.test(text)) return text;
  if (nullPattern.test(text)) return null;
  if (booleanPattern.test(text)) return text[0] === 't' || text[0] === 'T';
  if (integerPattern.test(text) || floatPattern.test(text)) return ifFinite(Number(text));
  if (octalPattern.test(text)) return ifFinite(Number.parseInt(text.slice(2), 8));
  if (hexPattern.test(text)) return ifFinite(Number.parseInt(text.slice(2), 16));
  return specialFloatPattern.test(text) ? undefined : text;
}

/** What is too large to be a number is an infinity, too. */
function ifFinite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

const boolean11 = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)$/;
const number11 =
  /^[-+]?(?:0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+][0-9]+)?|\.[0-9_]+)$/;
const sexagesimal11 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const date11 = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?$/;

/** What a reader of YAML 1.1 takes an unquoted text for, where that is not text. */
export function readingInYaml11(text: string): string | undefined {
  if (boolean11.test(text)) return 'a boolean';
  if (!/^[-+.0-9]/.test(text)) return undefined;
  if (sexagesimal11.test(text)) return 'a number in base 60';
  if (date11.test(text)) return 'a date';
  return number11.test(text) && /[0-9]/.test(text) ? 'a number' : undefined;
}
