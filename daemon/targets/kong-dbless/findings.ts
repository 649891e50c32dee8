/** What is wrong with single entities, by identity: `type/id` → what Kong or the check says. */
import type { Identity } from '../../plan/dependants';

export interface Finding {
  readonly code: 'KONG_ENTITY_REFUSED' | 'KONG_REFERENCE_MISSING' | 'KONG_TWICE';
  readonly details: Readonly<Record<string, string>>;
}

export type Findings = Map<Identity, Finding>;

/** What Kong said about an entity; several sentences about one become one. */
export function refused(reason: string): Finding {
  return { code: 'KONG_ENTITY_REFUSED', details: { reason } };
}
