/** What texts that come from elsewhere may hold, and how they are shown. */

/** One visible word or nothing: names end in headers, host names in Kong. */
export const word = /^[^\s\p{C}]*$/u;

/** `host:port` or `[v6]:port`, of visible characters. */
export const hostport = /^(?:\[[^\]\s\p{C}]+\]|[^:\s\p{C}]+):\d{1,5}$/u;

/** Controls of terminals and marks that turn the direction of a text: they show something else than is there. */
const unseen =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** The text on one line, with what would not be seen spelled out as JSON does it: `\u001b`. */
export function visible(text: string): string {
  return text.replace(unseen, spellOut);
}

/** As `visible`, for output of many lines: line ends and tabs stay. */
export function visibleLines(text: string): string {
  return text.replace(unseenInLines, spellOut);
}

/** A carriage return alone would write over the line. */
const unseenInLines = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\r(?!\n)/g;

function spellOut(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * The name of a key for a message. Where a colon or a quote is out of place, the value has become part of
 * the key, and may be a secret: only the first word is shown. The place says where the rest is.
 */
export function shownKey(text: string): string {
  const token = /^[\w$./-]*/.exec(text)?.[0] ?? '';
  return token === text ? text : `${token}…`;
}
