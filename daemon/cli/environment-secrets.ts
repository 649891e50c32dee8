import type { Failure } from '../../catalog/error';
import { masked } from '../kong/secrets';
import type { Terminal } from './terminal';

/** What templates may have put into Kong: it may be there without any file that says so. */
export function environmentOf({ env }: Pick<Terminal, 'env'>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('DECK_') && value !== undefined && value !== '' ? [value] : [],
  );
}

/**
 * Takes the values of the environment out of a text: a gateway may quote what it holds, also where no file
 * says any more that it is a secret. Values of under eight characters are words that findings need.
 */
export function hideEnvironment(terminal: Pick<Terminal, 'env'>): (text: string) => string {
  const secrets = environmentOf(terminal).filter((value) => value.length >= 8);
  return (text) => secrets.reduce((shown, secret) => shown.replaceAll(secret, masked), text);
}

/** The same for what is found: by the daemon it goes to the log, the page and Events. */
export function hideInFailures(
  terminal: Pick<Terminal, 'env'>,
): <F extends Failure>(failures: readonly F[]) => readonly F[] {
  const hide = hideEnvironment(terminal);
  return (failures) =>
    failures.map((failure) => ({
      ...failure,
      message: hide(failure.message),
      remedy: hide(failure.remedy),
    }));
}
