import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { allRules } from '../../../daemon/doctor/all-rules';
import { doctorPage } from '../../../docs/pages/doctor';

const committed = readFileSync(
  join(__dirname, '..', '..', '..', 'docs', 'reference', 'doctor.md'),
  'utf8',
);

test('the page has exactly the codes of the rules, each with its anchor', () => {
  const anchors = [...committed.matchAll(/<a id="(km\d{3})"><\/a>/g)].map(([, id]) => id);
  const headings = [...committed.matchAll(/^### (KM\d{3}) /gm)].map(([, code]) => code);

  expect(headings).toEqual(allRules.map(({ code }) => code));
  expect(anchors).toEqual(allRules.map(({ code }) => code.toLowerCase()));
});

test('the committed page is what the rules say', () => {
  expect(committed).toBe(doctorPage());
});
