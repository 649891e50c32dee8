import type { Found } from './rule';
import type { FactsView } from './view';

/** Findings of translation with one of these codes, as findings of a rule. */
export function promote({ facts }: FactsView, codes: readonly string[]): readonly Found[] {
  return facts.failures
    .filter(({ code }) => codes.includes(code))
    .map(({ code, message, remedy, entity, place }) => ({
      subject: entity ?? 'kong',
      cause: message,
      evidence: [
        code,
        ...(place ? [`${place.file}${place.line === undefined ? '' : `:${place.line}`}`] : []),
      ],
      fix: remedy,
    }));
}
