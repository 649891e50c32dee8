import { parseDocument } from 'yaml';

import { deepestNesting, tooDeepAt } from '../../catalog/yaml-nesting';
import { yamlReason } from '../../catalog/yaml-reason';

describe('how deep a text is nested', () => {
  const most = deepestNesting;

  it.each([
    ['brackets', (depth: number) => '['.repeat(depth)],
    ['braces over several lines', (depth: number) => '{a:\n'.repeat(depth)],
    ['dashes on one line', (depth: number) => `${'- '.repeat(depth)}x`],
    ['question marks', (depth: number) => `${'? '.repeat(depth)}x`],
    ['indentation', (depth: number) => indented(depth)],
  ])('is told by %s', (_name, make) => {
    expect(tooDeepAt(make(most / 2))).toBeUndefined();
    expect(tooDeepAt(make(most + 50))).toEqual(expect.any(Number));
  });

  it('is nothing to a long flat text, however many brackets it has', () => {
    const text = '- { a: [1, 2], b: "[x]" } # [\n'.repeat(100) + 'a: [x, {y: z}]\n'.repeat(5000);

    expect(tooDeepAt(text)).toBeUndefined();
  });
});

function indented(depth: number): string {
  return Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}a:`).join('\n');
}

it.each([
  ['{} { password: hunter2 }', ['Unexpected flow-map-start token', 'token in YAML stream']],
  ['a: *hunter2', []],
  ['a: |hunter2', ['Block scalar header includes extra characters']],
  ['a: "\\hunter2"', ['Invalid escape sequence']],
  ['a: b: hunter2', ['Nested mappings are not allowed in compact mappings']],
])('says what is wrong with %j without a word of it', (text, parts) => {
  const document = parseDocument(text);
  const reasons = [...document.errors, ...document.warnings].map(yamlReason).join('; ');

  for (const part of parts) expect(reasons).toContain(part);
  expect(reasons).not.toMatch(/hunter2|line \d/);
});
