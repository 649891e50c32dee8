/** The recorded schemas carry Lua patterns; this turns those they use into regular expressions. */

const classes: Readonly<Record<string, string>> = {
  a: 'A-Za-z',
  d: '0-9',
  l: 'a-z',
  u: 'A-Z',
  w: 'A-Za-z0-9',
  s: '\\s',
  x: 'A-Fa-f0-9',
};

const compiled = new Map<string, RegExp>();

/** Whether a Lua pattern (classes, sets, anchors and the repetitions `*`, `+`, `-`, `?`) matches. */
export function matchesLuaPattern(pattern: string, value: string): boolean {
  let expression = compiled.get(pattern);
  if (!expression) {
    expression = new RegExp(translate(pattern), 'u');
    compiled.set(pattern, expression);
  }
  return expression.test(value);
}

function translate(pattern: string): string {
  let out = '';
  let inSet = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === '%') {
      at++;
      const escaped = pattern.charAt(at);
      const members = classes[escaped];
      // Outside of a set a dash needs no escape, and in a Unicode expression must not have one.
      if (members === undefined) out += escaped === '-' && !inSet ? escaped : escape(escaped);
      else out += inSet ? members : `[${members}]`;
    } else if (char === '[') {
      inSet = true;
      out += char;
    } else if (char === ']') {
      inSet = false;
      out += char;
    } else if (inSet) {
      out += isRange(pattern, at) || char === '^' ? char : char === '-' ? '\\-' : escape(char);
    } else if (char === '-') {
      out += '*?';
    } else if ('^$*+?.'.includes(char)) {
      out += char;
    } else {
      out += escape(char);
    }
  }
  return out;
}

function isRange(pattern: string, at: number): boolean {
  return (
    pattern.charAt(at) === '-' &&
    /[A-Za-z0-9]/.test(pattern.charAt(at - 1)) &&
    /[A-Za-z0-9]/.test(pattern.charAt(at + 1)) &&
    pattern.charAt(at - 2) !== '%'
  );
}

function escape(char: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char;
}
