import type { Rule } from '../rule';
import { groupBy } from '../view';

export const notAsked: Rule = {
  code: 'KM001',
  name: 'not-asked',
  severity: 'warning',
  title: 'Something could not be asked',
  why: 'A part of the world did not answer, or refused to. Whatever depends on it was not checked: that there are no findings about it means nothing.',
  fix: 'Follow the remedy of the cause and run the doctor again.',
  check: ({ facts }) =>
    // An outage met by several questions is one finding, told by the first of them.
    [...groupBy(facts.unasked, ({ failure }) => `${failure.code} ${failure.message}`).values()]
      .flatMap(([first]) => (first ? [first] : []))
      .map(({ part, failure, severity }) => ({
        subject: part,
        severity,
        cause: failure.message,
        evidence: [failure.code],
        fix: failure.remedy,
      })),
};
