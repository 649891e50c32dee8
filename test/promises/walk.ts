/** One walk through one world: where it stands, and what is looked at after each step. */
import { readFile } from 'node:fs/promises';

import type { PassRequest } from '../../daemon/reconcile/context';
import type { PassReport } from '../../daemon/reconcile/report';
import { randomOf, type Random } from '../faults/random';
import type { Meeting } from '../faults/world/faulty-proxy';
import { Oracle, type Violation } from './model/oracle';
import { bodiesIn, namesIn } from './model/state-of-kong';
import type { Version } from './model/version';
import { otherTeam, type OtherTeam } from './world/other-team';
import { ownDataplane, type OwnDataplane } from './world/own-dataplane';
import type { PromiseWorld } from './world/promise-world';
import type { TimeWarp } from './world/time-warp';

/** The longest time between two looks at Kong by default, and a pass more. */
const noticedWithinMs = 25_000;
const intervalMs = 1_000;
/** While a pass runs; its waits would make them thousands. */
const requestsInPass = 24;

interface SecondPass extends Partial<PassRequest> {
  readonly beside: boolean;
}

export class Walk {
  readonly violations: Violation[] = [];
  readonly oracle: Oracle;
  readonly dataplane: OwnDataplane;
  readonly others: OtherTeam;
  readonly selectTags: readonly string[];
  /** What the user means now. */
  version: Version;
  before: Version;
  requests = 0;
  passes = 0;
  kongFault: Meeting | undefined;
  /** Since when, by the clock of the passes. */
  kongAway: number | undefined;
  kumaAway: number | undefined;
  #fresh = 0;
  /** Requests have a stream of their own: how many fit into a pass changes nothing else. */
  readonly #clientRandom: Random;

  constructor(
    readonly world: PromiseWorld,
    readonly warp: TimeWarp,
    first: Version,
    seed: number,
  ) {
    const { settings, sandbox, outboundAddress } = world;
    this.version = this.before = first;
    this.oracle = new Oracle(settings.policy);
    this.dataplane = ownDataplane(sandbox.controlPlane, 'kong-01', outboundAddress);
    this.others = otherTeam(sandbox);
    this.selectTags = settings.tagged ? ['edge'] : [];
    this.#clientRandom = randomOf(seed, 'client');
  }

  fresh(): number {
    return ++this.#fresh;
  }

  async write(version: Version): Promise<void> {
    this.before = this.version;
    this.version = version;
    this.oracle.written(version);
    await this.world.writeFile(version);
  }

  /** One pass an interval after the last, with some requests while it runs. */
  async pass(request: Partial<PassRequest> = {}): Promise<PassReport> {
    const { world } = this;
    this.warp.advance(intervalMs);
    this.passes++;
    const before = this.#names();
    const startedAt = performance.now();
    const running = world.daemon.pass(request);
    const isOver = running.then(
      () => true,
      () => true,
    );
    for (let asked = 0; asked < requestsInPass; asked++) {
      if (await Promise.race([isOver, this.askOne().then(() => false)])) break;
    }
    const report = await running;
    await world.pluginReads();
    this.#lookForLosses(before, request.confirmDeletes === true);
    this.#lookForGreen(report, startedAt);
    return report;
  }

  /** A pass of the second owner, alone or while one of ours is under way. */
  async passOfSecond({ beside, ...request }: SecondPass): Promise<void> {
    const { second } = this.world;
    if (!second) return;
    if (!beside) this.warp.advance(intervalMs);
    const before = this.#names();
    const bodies = this.#ownBodies();
    const [gone] = await Promise.all([second.pass(request), beside ? this.pass() : undefined]);
    const after = this.#ownBodies();
    const changed = beside ? [] : [...bodies].filter(([id, body]) => after.get(id) !== body);
    const lost = [...gone, ...changed.map(([, body]) => `${body}, to the second owner`)];
    this.violations.push(...lost.map((message) => ({ figure: 'lost', message }) as const));
    this.#lookForLosses(before, false);
  }

  holds(name: string): boolean {
    return this.#names().has(name);
  }

  async deploy(): Promise<void> {
    const before = this.#names();
    await this.world.deployOutput();
    this.#lookForLosses(before, false);
  }

  /** Some requests, half of them without a key. */
  async askSome(random: Random): Promise<void> {
    const most = random.between(1, 4);
    for (let asked = 0; asked < most; asked++) await this.askOne();
  }

  async askOne(): Promise<void> {
    const paths = this.oracle.paths();
    const path = paths[this.#clientRandom.between(0, Math.max(0, paths.length - 1))];
    if (path === undefined) return;
    await this.ask(path, this.#clientRandom.next() < 0.5, this.#clientRandom.next() < 0.5);
  }

  async ask(
    path: string,
    withKey: boolean,
    far: boolean,
  ): Promise<{ readonly status: number; readonly service: string | undefined }> {
    this.requests++;
    const key = withKey ? this.version.consumers[0]?.key : undefined;
    const { status, service } = await this.world.ask(path, key, far);
    const violation = this.oracle.judge({ path, withKey, status, service });
    if (violation) this.violations.push(violation);
    return { status, service };
  }

  async takeKongAway(): Promise<void> {
    await this.world.kong.down();
    this.kongAway = performance.now();
  }

  async bringKongBack(): Promise<void> {
    this.kongAway = undefined;
    await this.world.kong.up();
  }

  async takeKumaAway(): Promise<void> {
    await this.world.kuma.down();
    this.kumaAway = performance.now();
  }

  async bringKumaBack(): Promise<void> {
    this.kumaAway = undefined;
    await this.world.kuma.up();
  }

  async snapshotHas(name: string): Promise<boolean> {
    const text = await readFile(this.world.places.snapshot, 'utf8').catch(() => '{"services":[]}');
    const { services } = JSON.parse(text) as { readonly services: readonly { name: string }[] };
    return services.some((service) => service.name === name);
  }

  endKongFault(): void {
    this.kongFault?.end();
    this.kongFault = undefined;
  }

  #names(): ReadonlySet<string> {
    return namesIn(this.world.sandbox.admin.feed.current());
  }

  /** What is ours by its tag, where Kong is shared by tags. */
  #ownBodies(): ReadonlyMap<string, string> {
    const all = bodiesIn(this.world.sandbox.admin.feed.current());
    const isOwn = (body: string): boolean =>
      this.selectTags.length > 0 && this.selectTags.every((tag) => body.includes(`"${tag}"`));
    return new Map([...all].filter(([, body]) => isOwn(body)));
  }

  #lookForLosses(before: ReadonlySet<string>, confirmed: boolean): void {
    const after = this.#names();
    const kept = this.oracle.kept();
    const lost = [...before].filter((name) => kept.has(name) && !after.has(name));
    const allowed = !confirmed
      ? 'nothing'
      : this.world.settings.tagged
        ? 'children of ours'
        : 'all';
    const all = [
      ...lost.map((name) => `${name} is gone from Kong, and every version of the file has it`),
      ...this.others.lost(allowed),
      ...(this.world.second?.lost() ?? []),
      ...this.dataplane.lost(),
    ];
    this.violations.push(...all.map((message) => ({ figure: 'lost', message }) as const));
  }

  /** What is broken must not look well for longer than it takes to look. */
  #lookForGreen({ outcome, failures }: PassReport, startedAt: number): void {
    const { target } = this.world.settings;
    const isLong = (since: number | undefined): boolean =>
      since !== undefined && startedAt - since > noticedWithinMs;
    const isGreen = outcome !== 'failed' && failures.length === 0;
    if (!isGreen) return;
    if (target !== 'file' && isLong(this.kongAway)) {
      this.violations.push({ figure: 'green', message: 'Kong is away and no pass says so' });
    }
    if (isLong(this.kumaAway)) {
      this.violations.push({ figure: 'green', message: 'Kuma is away and no pass says so' });
    }
  }
}
