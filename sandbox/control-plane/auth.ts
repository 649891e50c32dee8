import type { IncomingHttpHeaders } from 'node:http';
import { StdError } from './std-error';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface AuthOptions {
  /** Bearer tokens that are valid from the start, and whose they are. */
  readonly tokens?: Readonly<Record<string, User>>;
  /** Nobody is admin for being local, and nobody gets in without a valid token. Default false, as upstream. */
  readonly required?: boolean;
  /** Groups that may write, as Kong Mesh's roles grant it; anybody may where it is left out, as in Kuma. */
  readonly writers?: readonly string[];
}

const ADMIN: User = {
  name: 'mesh-system:admin',
  groups: ['mesh-system:admin', 'mesh-system:authenticated'],
};
const ANONYMOUS: User = { name: 'mesh-system:anonymous', groups: ['mesh-system:unauthenticated'] };
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip'];

/** Who asks, and what they may: direct loopback is admin, a bad bearer is refused, others are anonymous. */
export class Auth {
  readonly #options: AuthOptions;
  readonly #tokens: Map<string, User>;

  constructor(options: AuthOptions = {}) {
    this.#options = options;
    this.#tokens = new Map(Object.entries(options.tokens ?? {}));
  }

  /** @throws StdError 401 for a bearer that is not valid, or none where one is required. */
  userOf(headers: IncomingHttpHeaders): User {
    const [scheme, token] = (headers.authorization ?? '').split(' ');
    if (scheme?.toLowerCase() === 'bearer') {
      const user = this.#tokens.get(token ?? '');
      if (!user) throw unauthenticated();
      return { name: user.name, groups: [...user.groups, 'mesh-system:authenticated'] };
    }
    if (this.#options.required === true) throw unauthenticated();
    const direct =
      FORWARDED.every((name) => headers[name] === undefined) && isLoopback(headers.host ?? '');
    return direct ? ADMIN : ANONYMOUS;
  }

  /** Makes a token for a user, as `POST /tokens/user` does. @throws StdError 403 for who is no admin. */
  issue(asker: User, user: User): string {
    if (!isAdmin(asker)) throw denied('action not allowed');
    return this.#remember(user);
  }

  /** A token for a proxy; nothing here checks it. @throws StdError 403 for who is no admin. */
  issueForDataplane(asker: User): string {
    if (!isAdmin(asker))
      throw denied(`user "${nameOf(asker)}" cannot access generate dataplane token`);
    return this.#remember({ name: 'dataplane', groups: [] });
  }

  /** @throws StdError 403: secrets are the admin's, and writes where writers are named are theirs. */
  check(user: User, type: string, writes: boolean): void {
    const { writers } = this.#options;
    const mayWrite =
      !writers || isAdmin(user) || user.groups.some((group) => writers.includes(group));
    if ((type === 'Secret' && !isAdmin(user)) || (writes && !mayWrite)) {
      throw denied(`user "${nameOf(user)}" cannot access the resource of type "${type}"`);
    }
  }

  #remember(user: User): string {
    const token = `sandbox.token.${this.#tokens.size + 1}`;
    this.#tokens.set(token, user);
    return token;
  }
}

function isAdmin(user: User): boolean {
  return user.groups.includes('mesh-system:admin');
}

function nameOf({ name, groups }: User): string {
  return `${name}/${groups.join(',')}`;
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);
}

function unauthenticated(): StdError {
  return new StdError(401, 'Invalid authentication data', 'Unauthenticated');
}

function denied(reason: string): StdError {
  return new StdError(403, 'Access Denied', reason);
}
