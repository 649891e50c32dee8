import { allRules } from './all-rules';
import type { Facts } from './facts';
import { severities, type Finding } from './finding';
import { toFinding, type Rule } from './rule';
import { createView } from './view';

/**
 * Every finding of every rule: the worst first, then by code and subject. Pure: equal facts give equal
 * findings.
 */
export function diagnose(facts: Facts, rules: readonly Rule[] = allRules): readonly Finding[] {
  const view = createView(facts);
  const findings = rules.flatMap((rule) => rule.check(view).map((found) => toFinding(rule, found)));
  return findings.sort(
    (a, b) =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      compare(a.code, b.code) ||
      compare(a.subject, b.subject) ||
      compare(a.cause, b.cause),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
