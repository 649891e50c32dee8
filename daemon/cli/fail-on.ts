/**
 * `--fail-on`: which findings end a one-shot command with 1. A link that the mesh cannot resolve now is a
 * warning there by default: it is refused with 503 and harms nobody else, it resolves as soon as its
 * service is deployed, and a pipeline for many services must not stop because of one of them. The daemon
 * keeps it an error.
 */
import { Option } from 'commander';

import { hasErrors, type Failure } from '../../catalog/error';

export const failOnLevels = ['error', 'link', 'warning', 'never'] as const;
export type FailOn = (typeof failOnLevels)[number];

/** The codes of a link that does not resolve, for what the mesh shows now. */
export const unresolvedLinkCodes: ReadonlySet<string> = new Set([
  'LINK_UNKNOWN_SERVICE',
  'LINK_AMBIGUOUS_SERVICE',
  'LINK_SERVICE_GONE',
  'LINK_PORT_NEEDED',
  'LINK_UNKNOWN_PORT',
  'LINK_NO_ADDRESS',
  'LINK_HEADLESS',
  'LINK_SHADOWED',
]);

export function failOnOption(): Option {
  return new Option(
    '--fail-on <what>',
    'exit with 1 on: error; link: also on a link that does not resolve; warning: on any finding; never: only where the command itself fails',
  )
    .choices(failOnLevels)
    .default('error');
}

/** The findings as a one-shot command reports them. */
export function weigh(failures: readonly Failure[], failOn: FailOn): readonly Failure[] {
  if (failOn === 'link') return failures;
  return failures.map((failure) =>
    failure.severity === 'error' && unresolvedLinkCodes.has(failure.code)
      ? { ...failure, severity: 'warning' }
      : failure,
  );
}

/** @param failures as `weigh` gives them. */
export function isFailure(failures: readonly Failure[], failOn: FailOn): boolean {
  if (failOn === 'never') return false;
  return failOn === 'warning' ? failures.length > 0 : hasErrors(failures);
}
