/** The status server: node:http, read-only, on loopback unless configured otherwise. */
import type { CallerLimits } from '../../http-server/bound-callers';
import type { ListenAddress } from '../../http-server/listen-address';
import { createHostCheck } from '../../http-server/host-check';
import { listenOnAddress } from '../../http-server/listen';
import {
  closeServer,
  createReadOnlyServer,
  send,
  sendText,
  type Route,
} from '../../http-server/read-only-server';
import { createEventStreams, type EventStreamLimits } from './event-stream';
import { loadPage, pagePolicy, type PageFile } from './page/page';

/** What the server serves; it computes nothing itself. */
export interface StatusContent {
  /** Why it is not ready yet, or undefined once it is. */
  notReady(): string | undefined;
  /** What is said of a daemon that is. */
  ready(): string;
  /** The body of `/status.json`. */
  status(): Promise<Buffer>;
  /** What an open page learns of each pass. */
  summary(): object;
  /** The exposition for Prometheus. */
  metrics(): Promise<{ readonly body: Buffer; readonly contentType: string }>;
}

export interface StatusServerOptions {
  readonly listen: ListenAddress;
  /** Names under which it may be called besides localhost and its own address. */
  readonly hosts?: readonly string[];
  readonly content: StatusContent;
  readonly events?: EventStreamLimits;
  readonly limits?: Partial<CallerLimits>;
}

export interface StatusServer {
  /** `http://127.0.0.1:9650` */
  readonly url: string;
  /** Tells open pages that a pass ended. */
  announce(): void;
  /** Ends open streams and connections; resolves when the port is free. */
  close(): Promise<void>;
}

function serveFile({ contentType, body }: PageFile): Route {
  return (response) => {
    response.setHeader('content-security-policy', pagePolicy);
    send(response, 200, contentType, body);
  };
}

/** Rejects with the error of `listen` where the address cannot be had. */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { content, listen } = options;
  const streams = createEventStreams(options.events);

  const routes: Readonly<Record<string, Route>> = {
    '/livez': (response) => {
      sendText(response, 200, 'alive');
    },
    '/readyz': (response) => {
      const reason = content.notReady();
      sendText(response, reason === undefined ? 200 : 503, reason ?? content.ready());
    },
    '/metrics': async (response) => {
      const { body, contentType } = await content.metrics();
      send(response, 200, contentType, body);
    },
    '/status.json': async (response) => {
      send(response, 200, 'application/json; charset=utf-8', await content.status());
    },
    '/events': (response) => {
      if (response.req.method === 'HEAD') {
        send(response, 200, 'text/event-stream; charset=utf-8', '');
      } else if (!streams.open(response, content.summary())) {
        response.setHeader('retry-after', '10');
        sendText(response, 503, 'too many pages are open');
      }
    },
    ...Object.fromEntries([...loadPage()].map(([path, file]) => [path, serveFile(file)])),
  };
  const server = createReadOnlyServer({
    routes,
    mayCall: createHostCheck(listen, options.hosts ?? []),
    hostSetting: 'status.hosts',
    ...(options.limits ? { limits: options.limits } : {}),
  });
  const url = await listenOnAddress(server, listen);
  return {
    url,
    announce: () => {
      if (streams.count > 0) streams.send(content.summary());
    },
    async close() {
      streams.close();
      await closeServer(server);
    },
  };
}
