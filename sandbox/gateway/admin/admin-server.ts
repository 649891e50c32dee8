import type { Server } from 'node:http';
import type { ConfigFeed } from '../config-view';
import type { FaultQueue } from './faults';
import type { HealthBoard } from './health-board';
import type { RequestLog } from './request-log';

/** A running stand-in of Kong's Admin API. */
export interface AdminServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  /** Of the status listener, where there is one. */
  readonly statusUrl?: string;
  /** The configuration, for a proxy to follow. */
  readonly feed: ConfigFeed;
  /** What goes wrong on purpose. */
  readonly faults: FaultQueue;
  /** What was asked. */
  readonly requests: RequestLog;
  /** Health of targets: what the endpoints show, and a proxy may set. */
  readonly health: HealthBoard;
  /** Ends the listeners and every open connection. */
  stop(): Promise<void>;
}

export interface Listener {
  readonly server: Server;
  readonly port: number;
}
