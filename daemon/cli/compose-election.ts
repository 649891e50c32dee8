/** Makes the election out of a configuration, where one is wanted. */
import type { Failure } from '../../catalog/error';
import type { Config } from '../config/schema';
import { electionOf } from '../election/create-election';
import { electionErrors } from '../election/errors';
import type { Leadership } from '../election/leadership';
import type { Clock } from '../reconcile/clock';

export function composeElection(config: Config, clock: Clock): Leadership | undefined {
  const { election, sources } = config;
  if (!election) return undefined;
  const source = sources.find(({ kubernetes }) => kubernetes)?.kubernetes;
  return electionOf(election, { source, clock });
}

/** A target of which each replica has its own: what one of them alone writes is missing at the others. */
export function localTarget({ kong }: Config): readonly Failure[] {
  const { dbless, file } = kong?.target ?? {};
  const { hostname } = new URL(dbless?.url ?? 'http://elsewhere');
  const loopback = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  const target = file
    ? `the file ${file.path}`
    : loopback
      ? `the Kong at ${dbless?.url ?? ''}`
      : '';
  return target === '' ? [] : [electionErrors.failure('ELECTION_LOCAL_TARGET', { target })];
}
