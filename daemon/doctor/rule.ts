import type { Finding, Severity } from './finding';
import type { FactsView } from './view';

/** A finding before it has the parts that all findings of its rule share. */
export interface Found extends Pick<Finding, 'subject' | 'cause'> {
  readonly evidence?: readonly string[];
  /** Where this case has a better advice than the rule. */
  readonly fix?: string;
  /** Where this case weighs other than the rule does by default. */
  readonly severity?: Severity;
}

/**
 * One thing that is known to go wrong. `check` is pure and total: what could not be asked is absent in
 * the facts, and a rule that needs it finds nothing.
 */
export interface Rule extends Pick<Finding, 'code'> {
  readonly name: string;
  /** The severity of most of its findings. */
  readonly severity: Severity;
  /** What is wrong, in a few words: the heading of the reference page. */
  readonly title: string;
  /** How it comes about and what it leads to, for the reference page. */
  readonly why: string;
  readonly fix: string;
  check(view: FactsView): readonly Found[];
}

/** The page of all rules; each has an anchor made of its code. */
export const doctorPage = 'docs/reference/doctor.md';

export function toFinding(rule: Rule, found: Found): Finding {
  return {
    code: rule.code,
    rule: rule.name,
    severity: found.severity ?? rule.severity,
    subject: found.subject,
    cause: found.cause,
    evidence: found.evidence ?? [],
    fix: found.fix ?? rule.fix,
    docs: `${doctorPage}#${rule.code.toLowerCase()}`,
  };
}
