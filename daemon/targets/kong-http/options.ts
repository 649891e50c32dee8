/** How Kong's Admin API is reached. */
export interface KongHttpOptions {
  /** `http://127.0.0.1:8001`, with a path where a proxy puts one before it. */
  readonly url: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Holds the token for the header `Kong-Admin-Token`; read again when it changes. */
  readonly tokenFile?: string;
  readonly tls?: KongTlsOptions;
  /** For one request, its answer included. Default 10,000. */
  readonly timeoutMs?: number;
  /** How often a request that may be repeated is sent again. Default 4. */
  readonly retries?: number;
  /** The wait before the first repetition; it doubles from then on, with jitter. Default 100. */
  readonly retryDelayMs?: number;
  /** No wait is longer, whatever Retry-After says. Default 10,000. */
  readonly maxRetryDelayMs?: number;
  /** Largest answer that is read into memory. Default 256 MiB. */
  readonly maxResponseBytes?: number;
  /** Connections at once. Default 32. */
  readonly connections?: number;
}

export interface KongTlsOptions {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Name the certificate must have where it is not that of the URL. */
  readonly serverName?: string;
  /** Takes any certificate. For trials only. Default false. */
  readonly insecureSkipVerify?: boolean;
}

export interface KongRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Under the URL, with its query: `/config?check_hash=1`. */
  readonly path: string;
  /** Sent as JSON. Text is sent as it stands, as JSON that was made already. */
  readonly body?: object | string;
  /** Whether sending it twice does what sending it once does. Default: all but POST and PATCH. */
  readonly repeatable?: boolean;
  /** Overrides the client's for this request. */
  readonly timeoutMs?: number;
  /** Statuses that are answers here and no errors, besides 2xx and 304. */
  readonly accept?: readonly number[];
  /** Reads the answer of a success to its end without keeping it: `data` is undefined. */
  readonly discard?: boolean;
}

export interface KongReply {
  readonly status: number;
  /** The parsed JSON, the text where it is none, undefined where it is empty or discarded. */
  readonly data: unknown;
  /** From the header `Server`: `3.9.1`. Any request shows it, also where `GET /` fails. */
  readonly version: string | undefined;
}
