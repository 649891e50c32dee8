/**
 * What the promises allow. The versions of the file that may be live by now (all that were written since the
 * world was last seen to be in order) say together who may answer a path, and whether without a key.
 */
import type { Policy } from '../../../daemon/plan/filters/policy';
import { entitiesOf, expectedAt, type Expected, type Version } from './version';

/** Which promise is broken: a column of the figures. */
export type Figure = 'wrong' | 'unguarded' | 'lost' | 'unhealed' | 'green';

export interface Violation {
  readonly figure: Figure;
  readonly message: string;
}

export interface Answer {
  readonly path: string;
  readonly withKey: boolean;
  readonly status: number;
  /** Who answered, where a service did. */
  readonly service: string | undefined;
}

export class Oracle {
  #window: readonly Version[] = [];
  readonly #handedOver = new Set<string>();
  /** Where nothing that is there may be changed or deleted, what was live once may be live for ever. */
  readonly #forgets: boolean;
  readonly #keepsOld: boolean;

  constructor(policy: Policy) {
    this.#forgets = policy === 'sync';
    this.#keepsOld = policy !== 'sync';
  }

  written(version: Version): void {
    this.#window = [...this.#window, version];
  }

  /** All is as this version says: what went before it can be live no more. */
  settled(version: Version): void {
    if (this.#forgets) this.#window = [version];
  }

  /** What others made of a path is their business. */
  handedOver(path: string): void {
    this.#handedOver.add(path);
  }

  /** Paths of any version that may be live. */
  paths(): readonly string[] {
    const all = new Set(this.#window.flatMap(({ routes }) => routes.map(({ path }) => path)));
    return [...all].filter((path) => !this.#handedOver.has(path));
  }

  /** A refusal is always allowed: whether it was needed is not asked here. */
  judge(answer: Answer): Violation | undefined {
    const { path, withKey, status, service } = answer;
    if (status !== 200) return undefined;
    const allowed = this.#allowedAt(path);
    const meant = allowed.filter(({ target }) => target === service);
    const targets = [...new Set(allowed.map(({ target }) => target))].join(' or ') || 'nobody';
    if (meant.length === 0) {
      const message = `${path} was answered by ${service ?? 'somebody'}; allowed: ${targets}`;
      return { figure: 'wrong', message };
    }
    if (withKey || meant.some(({ guarded }) => !guarded)) return undefined;
    return {
      figure: 'unguarded',
      message: `${path} was answered by ${service ?? 'somebody'} without a key; every version wants one`,
    };
  }

  /** Where not all is changed or deleted, a route of one version may lead to a service of another. */
  #allowedAt(path: string): readonly Expected[] {
    const services = this.#keepsOld ? this.#window.map((version) => version.services) : [];
    return this.#window.flatMap((version) => {
      const now = expectedAt(version, path);
      if (!now) return [];
      const others = services.map((of) => expectedAt({ ...version, services: of }, path) ?? now);
      return [now, ...others];
    });
  }

  /** Whether every version that may be live leads to this mesh service, so that the name is bound to it. */
  alwaysMeans(target: string): boolean {
    return this.#window.every(({ services }) => services.some((one) => one.target === target));
  }

  /** Entities that every version wants: nobody asked for their deletion. */
  kept(): ReadonlySet<string> {
    const [first, ...others] = this.#window.map((version) => new Set(entitiesOf(version)));
    const kept = [...(first ?? [])].filter((entity) => others.every((other) => other.has(entity)));
    return new Set(kept);
  }
}
