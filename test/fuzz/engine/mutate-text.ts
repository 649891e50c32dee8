/** Changes of a text of lines, as YAML files are: most of them leave it readable. */
import { hostileStrings } from './hostile';
import type { Random } from './random';

/** What has a meaning in YAML, or in decK's dialect of it. */
const tokens: readonly string[] = [
  ': ',
  ':',
  '- ',
  '-',
  '? ',
  '# x',
  ' # x',
  '#',
  '&a ',
  '&b ',
  '*a',
  '*b',
  '<<: *a',
  '<<: [*a, *b]',
  '!!str ',
  '!!binary ',
  '!<tag:x> ',
  '!x ',
  '|',
  '|+',
  '>-',
  '|2',
  '>\n\n',
  '---',
  '...',
  '%YAML 1.1',
  '%TAG ! x',
  '{',
  '}',
  '{}',
  '[',
  ']',
  '[]',
  ',',
  '"',
  "'",
  '""',
  '\\',
  '"\\x41\\u0042\\n"',
  '"\\uD800"',
  '\t',
  '  ',
  '\n',
  '\r',
  '\r\n',
  '\uFEFF',
  '\u0000',
  '~',
  'null',
  'yes',
  'No',
  'on',
  '0o7',
  '012',
  '0x1F',
  '1_000',
  '1:30',
  '1e3',
  '.inf',
  '.nan',
  '-.5',
  '2020-01-01',
  '__proto__: {x: 1}',
  'constructor: {prototype: {x: 1}}',
  '${{ env "DECK_SECRET" }}',
  '${{ env "DECK_PORT" | toInt }}',
  '${{ env "DECK_UNSET" }}',
  '"${{ env \\"DECK_SECRET\\" }}"',
  '${{ env `DECK_SECRET` | indent 4 }}',
  '${{}}',
  '\uF8F00\uF8F2',
];

type Change = (lines: string[], random: Random, others: readonly string[]) => void;

const changes: readonly Change[] = [
  function removeLines(lines, random) {
    lines.splice(random.int(lines.length + 1), random.few(4));
  },
  function repeatLines(lines, random) {
    const at = random.int(lines.length + 1);
    lines.splice(at, 0, ...lines.slice(at, at + random.few(6)));
  },
  function swapLines(lines, random) {
    const [a, b] = [random.int(lines.length), random.int(lines.length)];
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
  },
  function indent(lines, random) {
    const by = random.pick([' ', '  ', '    ', '\t']);
    const at = random.int(lines.length + 1);
    for (let line = at; line < Math.min(lines.length, at + random.few(8)); line += 1) {
      lines[line] = by + (lines[line] ?? '');
    }
  },
  function outdent(lines, random) {
    const at = random.int(lines.length + 1);
    for (let line = at; line < Math.min(lines.length, at + random.few(8)); line += 1) {
      lines[line] = (lines[line] ?? '').replace(/^ {1,2}/, '');
    }
  },
  function takeLines(lines, random, others) {
    if (others.length === 0) return;
    const other = random.pick(others).split('\n');
    const at = random.int(other.length);
    lines.splice(random.int(lines.length + 1), 0, ...other.slice(at, at + random.few(12)));
  },
  function insertToken(lines, random) {
    inLine(lines, random, (line) => {
      const at = random.int(line.length + 1);
      return line.slice(0, at) + random.pick(tokens) + line.slice(at);
    });
  },
  function tokenAsValue(lines, random) {
    inLine(lines, random, (line) => line.replace(/(: |- ).*$/, `$1${random.pick(tokens)}`));
  },
  function stringAsValue(lines, random) {
    const text = random.pick(hostileStrings);
    const value = random.chance(0.7) ? JSON.stringify(text) : text;
    inLine(lines, random, (line) => line.replace(/(: |- ).*$/, () => `: ${value}`));
  },
  function shareValue(lines, random) {
    inLine(lines, random, (line) => line.replace(/(: |- |:$)/, '$1 &a '));
    inLine(lines, random, (line) => line.replace(/(: |- ).*$/, '$1*a'));
  },
  function mergeMap(lines, random) {
    inLine(lines, random, (line) => line.replace(/(:\s*|- )$/, '$1 &a'));
    inLine(lines, random, (line) => line.replace(/^(\s*)[\w-]+: .*$/, '$1<<: *a'));
  },
  function addComment(lines, random) {
    inLine(lines, random, (line) => `${line} # note ${random.int(1000)}`);
    lines.splice(
      random.int(lines.length + 1),
      0,
      `${' '.repeat(random.int(6))}# line ${random.int(1000)}`,
    );
  },
  function removeSpan(lines, random) {
    inLine(lines, random, (line) => {
      const [start, end] = random.span(line.length);
      return line.slice(0, start) + line.slice(end);
    });
  },
  function quoteValue(lines, random) {
    const quote = random.pick(['"', "'"]);
    inLine(lines, random, (line) => line.replace(/(: )([^\s"'{[&*|>].*)$/, `$1${quote}$2${quote}`));
  },
];

export function mutateText(text: string, random: Random, others: readonly string[] = []): string {
  const lines = text.split('\n');
  for (let left = random.few(6); left > 0; left -= 1) random.pick(changes)(lines, random, others);
  return disguised(lines.join('\n').slice(0, 200_000), random);
}

/** The same text as another editor or another system would have stored it. */
function disguised(text: string, random: Random): string {
  switch (random.int(40)) {
    case 0:
      return text.replaceAll('\n', '\r\n');
    case 1:
      return `\uFEFF${text}`;
    case 2:
      return text.replaceAll('\n', '\r');
    case 3:
      return text.replace(/\n+$/, '');
    case 4:
      return `---\n${text}`;
    case 5:
      return `${text}\n---\n${text}`;
    default:
      return text;
  }
}

function inLine(lines: string[], random: Random, edit: (line: string) => string): void {
  if (lines.length === 0) return;
  const at = random.int(lines.length);
  lines[at] = edit(lines[at] ?? '');
}
