/**
 * One phase of one request: the handler on this side, its calls executed on Kong's side. Kong asks
 * (HandleEvent, then a Step per call) and is owed exactly one reply to each question; the replies are
 * the handler's calls in order, and `ret` at its end.
 */
import type { Counters } from './counters';
import type { PdkCaller } from './pdk-proxy';
import { createPdk } from './pdk-proxy';
import type { Phase, PhaseHandler } from './plugin-class';
import type { Instance } from './instances';
import { encodeCall, encodeDone, type Call } from './reply-encoder';

/** Where a reply is owed. */
export interface Asker {
  readonly open: boolean;
  reply(bytes: Buffer): void;
  /** Ends the connection: an answer that comes late would be read by another request. */
  drop(): void;
}

/** One request of Kong's: it is owed one reply, with this id, on this connection. */
export interface Question {
  readonly asker: Asker;
  readonly msgid: number;
  readonly atMs: number;
}

/** Who runs the events: told of their end, and asked what to do about a failed handler. */
export interface EventOwner {
  /** A reply later than this after its question is not sent: Kong may have given up by then. */
  readonly replyWithinMs: number;
  readonly counters: Pick<Counters, 'pdkCalls'>;
  /** The call that ends the request of a failed handler; undefined to let the request go on. */
  failed(event: RunningEvent, cause: unknown): Call | undefined;
  /** Called once. An abandoned event is one that Kong or a lost connection left behind. */
  ended(event: RunningEvent, outcome: 'done' | 'abandoned'): void;
}

/** The promise of a call whose event is over, or that Kong refused. */
export class PdkError extends Error {
  override readonly name = 'PdkError';
}

interface Waiting {
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface QueuedCall extends Call {
  readonly waiting: Waiting | undefined;
}

/** These end the request: Kong sends no step after them, and the handler goes on at once. */
const finalMethods: ReadonlySet<string> = new Set(['kong.response.exit', 'kong.response.error']);

export class RunningEvent implements PdkCaller {
  readonly id: number;
  readonly phase: string;
  readonly instance: Instance;
  readonly #owner: EventOwner;
  #asker: Asker | undefined;
  #msgid: number;
  #sinceMs: number;
  #waiting: Waiting | undefined;
  #queue: QueuedCall[] | undefined;
  #handlerDone = false;
  #over = false;

  constructor(id: number, instance: Instance, phase: Phase, owner: EventOwner, question: Question) {
    this.id = id;
    this.phase = phase;
    this.instance = instance;
    this.#owner = owner;
    this.#asker = question.asker;
    this.#msgid = question.msgid;
    this.#sinceMs = question.atMs;
  }

  /** Whether the handler is at work, and not Kong. */
  get owesReply(): boolean {
    return this.#asker !== undefined;
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

  /** Kong's answer to the last call, and its next question. Only while no reply is owed. */
  step(result: unknown, failed: boolean, question: Question): void {
    this.#asker = question.asker;
    this.#msgid = question.msgid;
    this.#sinceMs = question.atMs;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (failed) waiting?.reject(new PdkError(`Kong refused the call: ${textOf(result)}`));
    else waiting?.resolve(result);
    this.#advance();
  }

  call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#over || this.#handlerDone) return overPromise();
    if (finalMethods.has(method)) {
      this.#send({ method, args, waiting: undefined });
      return Promise.resolve();
    }
    const waiting = createWaiting();
    this.#send({ method, args, waiting });
    return waiting.promise;
  }

  /** Ends the request from this side whatever the handler is doing. Only while a reply is owed. */
  endWith(call: Call | undefined): void {
    this.#handlerDone = true;
    this.#queue = call && [{ ...call, waiting: undefined }];
    this.#advance();
  }

  /** Lets go of everything: what the handler still waits for is rejected. */
  abandon(): void {
    this.#end('abandoned');
  }

  readonly #finish = (): void => {
    this.#handlerDone = true;
    this.#advance();
  };

  readonly #fail = (cause: unknown): void => {
    if (this.#over) return;
    const call = this.#owner.failed(this, cause);
    this.#handlerDone = true;
    this.#queue = call && [{ ...call, waiting: undefined }];
    this.#advance();
  };

  #send(call: QueuedCall): void {
    if (this.#asker) this.#answer(call);
    else (this.#queue ??= []).push(call);
  }

  /** Answers what is owed, if there is something to answer with. */
  #advance(): void {
    while (this.#asker && !this.#over) {
      const next = this.#queue?.shift();
      if (next) this.#answer(next);
      else if (this.#handlerDone) this.#reply(encodeDone(this.#msgid, this.id), true);
      else return;
    }
  }

  #answer(call: QueuedCall): void {
    let bytes: Buffer;
    try {
      bytes = encodeCall(this.#msgid, this.id, call);
    } catch (error) {
      // Such a call never leaves this process; the handler learns of it as of any refusal.
      call.waiting?.reject(error as Error);
      return;
    }
    this.#owner.counters.pdkCalls += 1;
    this.#waiting = call.waiting;
    this.#reply(bytes, finalMethods.has(call.method));
  }

  #reply(bytes: Buffer, last: boolean): void {
    const asker = this.#asker;
    this.#asker = undefined;
    if (!asker?.open) {
      this.#end('abandoned');
    } else if (performance.now() - this.#sinceMs > this.#owner.replyWithinMs) {
      asker.drop();
      this.#end('abandoned');
    } else {
      this.#sinceMs = performance.now();
      asker.reply(bytes);
      if (last) this.#end('done');
    }
  }

  #end(outcome: 'done' | 'abandoned'): void {
    if (this.#over) return;
    this.#over = true;
    this.#asker = undefined;
    this.#owner.ended(this, outcome);
    release(this.#waiting);
    this.#queue?.forEach((queued) => release(queued.waiting));
    this.#waiting = undefined;
    this.#queue = undefined;
  }
}

/** The functions of the promise that is just being made: a closure less for every call. */
let newResolve: Waiting['resolve'] = () => undefined;
let newReject: Waiting['reject'] = () => undefined;

function keepFunctions(resolve: Waiting['resolve'], reject: Waiting['reject']): void {
  newResolve = resolve;
  newReject = reject;
}

function createWaiting(): Waiting {
  const promise = new Promise<unknown>(keepFunctions);
  return { promise, resolve: newResolve, reject: newReject };
}

/** Nobody may be waiting for it, and that must not end the process. */
function release(waiting: Waiting | undefined): void {
  if (!waiting) return;
  waiting.promise.catch(() => undefined);
  waiting.reject(new PdkError('the request is over'));
}

function overPromise(): Promise<never> {
  const promise = Promise.reject(new PdkError('the request is over'));
  promise.catch(() => undefined);
  return promise;
}

/** Of what Kong gives as a reason; anything else than text says nothing, and may not even convert. */
function textOf(reason: unknown): string {
  return typeof reason === 'string' ? reason : 'no reason given';
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
