/** Server-sent events: one short message per pass to every open page. */
import type { ServerResponse } from 'node:http';

import { keepOpen } from '../../http-server/bound-callers';

export interface EventStreams {
  /** False where as many are open as may be; the response is untouched then. */
  open(response: ServerResponse, first: object): boolean;
  send(data: object): void;
  readonly count: number;
  /** Ends all of them and the timer. */
  close(): void;
}

export interface EventStreamLimits {
  /** Default 32. */
  readonly streams?: number;
  /** A comment so often keeps proxies from taking the stream for dead. Default 15,000. */
  readonly heartbeatMs?: number;
}

export function createEventStreams(limits: EventStreamLimits = {}): EventStreams {
  const { streams: most = 32, heartbeatMs = 15_000 } = limits;
  const open = new Set<ServerResponse>();
  /** Had read nothing of what was sent at the last heartbeat. */
  const stalled = new WeakSet<ServerResponse>();
  const heartbeat = setInterval(() => {
    for (const response of open) {
      if (!response.writableNeedDrain) stalled.delete(response);
      else if (stalled.has(response)) response.destroy();
      else stalled.add(response);
    }
    write(': still here\n\n');
  }, heartbeatMs);
  heartbeat.unref();

  function write(text: string): void {
    for (const response of open) {
      // A page that does not read misses messages rather than filling memory: the next one makes up
      // for all before it.
      if (!response.writableNeedDrain) response.write(text);
    }
  }

  return {
    open(response, first) {
      if (open.size >= most) return false;
      keepOpen(response);
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.write(`retry: 2000\n\n${message(first)}`);
      open.add(response);
      response.once('close', () => open.delete(response));
      return true;
    },
    send: (data) => {
      write(message(data));
    },
    get count() {
      return open.size;
    },
    close() {
      clearInterval(heartbeat);
      for (const response of open) response.end();
      open.clear();
    },
  };
}

function message(data: object): string {
  return `event: pass\ndata: ${JSON.stringify(data)}\n\n`;
}
