/**
 * One phase of one request: the handler on this side, its calls executed on Kong's side. Kong runs what
 * it reads until it is told of the end, and does not wait in between. So calls without a result are
 * written together with what follows them; only a result that the handler asks for is a round trip.
 */
import type { Counters } from './counters';
import { encodeEnd } from './event-end';
import type { Instance } from './instances';
import { kitMethod, type Call, type KitMethod } from './kit-methods';
import { createPdk, type PdkCaller } from './pdk-proxy';
import type { Phase, PhaseHandler } from './plugin-class';
import type { Sequence } from './protocol';

/** The connection that an event came on, and the only one it can be answered on. */
export interface EventChannel {
  /** @param replies how many replies of Kong the bytes lead to. */
  write(bytes: Buffer, replies: number): void;
  /** The event has no more to say: replies that are still to come mean nothing. */
  ended(): void;
  /** Ends the connection: what Kong is waiting for on it never comes. */
  drop(): void;
}

/** Who runs the events: told of their end, and asked what to do about a failed handler. */
export interface EventOwner {
  readonly counters: Pick<Counters, 'pdkCalls'>;
  /** The call that ends the request of a failed handler; undefined to let the request go on. */
  failed(event: RunningEvent, cause: unknown): Call | undefined;
  /** Called once. An abandoned event is one that Kong or a lost connection left behind. */
  ended(event: RunningEvent, outcome: 'done' | 'abandoned'): void;
}

/** The promise of a call whose event is over. */
export class PdkError extends Error {
  override readonly name = 'PdkError';
}

/** A call that Kong has been sent, or is about to be, in the order in which it replies. */
interface SentCall {
  readonly method: KitMethod;
  readonly waiting: Deferred | undefined;
}

interface Deferred {
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class RunningEvent implements PdkCaller {
  readonly phase: Phase;
  readonly instance: Instance;
  readonly #sequence: Sequence;
  readonly #channel: EventChannel;
  readonly #owner: EventOwner;
  /** Calls that nothing has been written of yet. */
  #unwritten: Buffer[] = [];
  #sent: SentCall[] = [];
  #sinceMs: number;
  #over = false;

  constructor(
    instance: Instance,
    phase: Phase,
    sequence: Sequence,
    channel: EventChannel,
    owner: EventOwner,
    nowMs: number,
  ) {
    this.instance = instance;
    this.phase = phase;
    this.#sequence = sequence;
    this.#channel = channel;
    this.#owner = owner;
    this.#sinceMs = nowMs;
  }

  /** Whether Kong is at work on a result, and not the handler. */
  get waitsForKong(): boolean {
    return this.#sent.some(({ waiting }) => waiting !== undefined);
  }

  /** Since when the present side has been at work. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Runs the handler; what it throws at once counts as a rejection. */
  run(handler: PhaseHandler): void {
    let result: unknown;
    try {
      result = handler.call(this.instance.plugin, createPdk(this));
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    if (isThenable(result)) result.then(this.#finish, this.#fail);
    else this.#finish();
  }

  call(name: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#over) return refused(new PdkError('the request is over'));
    let method: KitMethod;
    try {
      method = kitMethod(name);
      this.#unwritten.push(method.encode(args));
    } catch (error) {
      // Such a call never leaves this process.
      return refused(error as Error);
    }
    this.#owner.counters.pdkCalls += 1;
    const waiting = method.hasResult ? createDeferred() : undefined;
    this.#sent.push({ method, waiting });
    if (method.isFinal) this.#end();
    else if (waiting) this.#flush();
    return waiting?.promise ?? Promise.resolve();
  }

  /**
   * Kong's reply to the earliest call that it has not replied to.
   * @throws ProtocolError where it is none.
   */
  reply(bytes: Uint8Array): void {
    const call = this.#sent.shift();
    const result = call?.method.decode(bytes);
    if (!call?.waiting) return;
    this.#sinceMs = performance.now();
    call.waiting.resolve(result);
  }

  /** Ends the request from this side whatever the handler is doing. */
  endWith(call: Call | undefined): void {
    if (call) void this.call(call.method, call.args);
    if (!this.#over) this.#end();
  }

  /** Lets go of everything: what the handler still waits for is rejected. */
  abandon(): void {
    if (this.#over) return;
    this.#channel.drop();
    this.#settle('abandoned');
  }

  readonly #finish = (): void => {
    if (!this.#over) this.#end();
  };

  readonly #fail = (cause: unknown): void => {
    if (this.#over) return;
    this.endWith(this.#owner.failed(this, cause));
  };

  #flush(): void {
    const replies = this.#unwritten.length;
    if (replies === 0) return;
    this.#sinceMs = performance.now();
    this.#channel.write(Buffer.concat(this.#unwritten), replies);
    this.#unwritten = [];
  }

  /** Writes what is left, and that it was all. */
  #end(): void {
    const replies = this.#unwritten.length;
    this.#channel.write(Buffer.concat([...this.#unwritten, encodeEnd(this.#sequence)]), replies);
    this.#unwritten = [];
    this.#settle('done');
  }

  #settle(outcome: 'done' | 'abandoned'): void {
    this.#over = true;
    this.#channel.ended();
    this.#owner.ended(this, outcome);
    for (const { waiting } of this.#sent) {
      // Nobody may be waiting for it, and that must not end the process.
      waiting?.promise.catch(() => undefined);
      waiting?.reject(new PdkError('the request is over'));
    }
    this.#sent = [];
  }
}

function createDeferred(): Deferred {
  let resolve: Deferred['resolve'] = () => undefined;
  let reject: Deferred['reject'] = () => undefined;
  const promise = new Promise<unknown>((succeed, fail) => {
    resolve = succeed;
    reject = fail;
  });
  return { promise, resolve, reject };
}

/** Handled from the start: a call that nobody awaits must not end the process. */
function refused(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => undefined);
  return promise;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
