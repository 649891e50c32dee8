import { allRules } from '../../../daemon/doctor/all-rules';
import { diagnose } from '../../../daemon/doctor/diagnose';
import type { Facts } from '../../../daemon/doctor/facts';
import { factsFrom } from './facts-from';
import { addressTables } from './tables/addresses';
import { gatewayTables } from './tables/gateway';
import { generalTables } from './tables/general';
import { kuma3Tables } from './tables/kuma3';
import { linkTables } from './tables/links';
import { nodeTables } from './tables/node';
import { permissionTables } from './tables/permissions';
import { resilienceTables } from './tables/resilience';
import type { RuleTable } from './tables/table';

const tables = [
  ...kuma3Tables,
  ...generalTables,
  ...gatewayTables,
  ...linkTables,
  ...permissionTables,
  ...addressTables,
  ...resilienceTables,
  ...nodeTables,
];

describe.each(tables.map((table) => [`${table.rule.code} ${table.rule.name}`, table] as const))(
  '%s',
  (_name, { rule, fires, quiet }: RuleTable) => {
    it.each(Object.entries(fires))('finds %s', (_case, { facts, finds, says }) => {
      const findings = diagnose(facts, [rule]);

      expect(findings.map(({ severity, subject }) => `${severity} ${subject}`)).toEqual(finds);
      const [first] = findings;
      const text = [first?.cause, ...(first?.evidence ?? []), first?.fix].join('\n');
      expect(text).toContain(says ?? '');
    });

    it.each(Object.entries(quiet))('finds nothing: %s', (_case, facts) => {
      expect(diagnose(facts, [rule])).toEqual([]);
    });
  },
);

test('every rule has a table, with something that makes it fire and something that does not', () => {
  const tested = tables
    .filter(({ fires, quiet }) => Object.keys(fires).length > 0 && Object.keys(quiet).length > 0)
    .map(({ rule }) => rule.code);

  expect([...new Set(tested)].sort()).toEqual(allRules.map(({ code }) => code));
});

test('codes are unique, in order, and say their area', () => {
  const codes = allRules.map(({ code }) => code);

  expect([...new Set(codes)].sort()).toEqual(codes);
  expect(codes.every((code) => /^KM[0-7]\d\d$/.test(code))).toBe(true);
  expect(new Set(allRules.map(({ name }) => name)).size).toBe(allRules.length);
});

test('a healthy gateway has nothing to report', () => {
  expect(diagnose(factsFrom())).toEqual([]);
});

test('no rule needs what could not be asked', () => {
  const bare: Facts = { settings: factsFrom().settings, unasked: [], failures: [], policies: {} };

  expect(diagnose(bare)).toEqual([]);
});

test('every finding is whole, and the worst come first', () => {
  const findings = tables.flatMap(({ fires }) =>
    Object.values(fires).flatMap(({ facts }) => diagnose(facts)),
  );

  for (const { cause, fix, docs, code } of findings) {
    expect(cause).toMatch(/[.]$/);
    expect(fix).not.toBe('');
    expect(docs).toBe(`docs/reference/doctor.md#${code.toLowerCase()}`);
  }
  const [sample] = gatewayTables.flatMap(({ fires }) => Object.values(fires));
  const ranks = diagnose(sample!.facts).map(({ severity }) =>
    ['error', 'warning', 'info'].indexOf(severity),
  );
  expect(ranks).toEqual([...ranks].sort());
});
