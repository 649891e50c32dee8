import type { Facts } from '../../../../daemon/doctor/facts';
import type { Rule } from '../../../../daemon/doctor/rule';

export interface Firing {
  readonly facts: Facts;
  /** `<severity> <subject>` of each finding. */
  readonly finds: readonly string[];
  /** Something that cause, evidence or fix of the first finding says. */
  readonly says?: string;
}

/** What makes a rule fire, and what is near to it and does not. */
export interface RuleTable {
  readonly rule: Rule;
  readonly fires: Readonly<Record<string, Firing>>;
  readonly quiet: Readonly<Record<string, Facts>>;
}
