/** An answer that the gateway makes itself. */
export interface DirectResponse {
  readonly status: number;
  /** Names as they go on the wire. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

const messages: Readonly<Record<number, string | undefined>> = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  411: 'Length required',
  412: 'Precondition failed',
  413: 'Payload too large',
  414: 'URI too long',
  417: 'Expectation failed',
  494: 'Request header or cookie too large',
  500: 'An unexpected error occurred',
  502: 'An invalid response was received from the upstream server',
  503: 'The upstream server is currently unavailable',
  504: 'The upstream server is timing out',
};

export interface ErrorPageOptions {
  readonly status: number;
  readonly message: string;
  readonly requestId: string;
  /** The client's Accept header. */
  readonly accept: string | undefined;
  /** What a client without an Accept header gets. */
  readonly fallback: 'json' | 'text';
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * An error as Kong words it. Its Lua code (`kong.response.error`) falls back to JSON, nginx's error pages
 * (which it makes too) to plain text.
 */
export function errorResponse(options: ErrorPageOptions): DirectResponse {
  const { status, message, requestId, headers } = options;
  const [contentType, body] = render(formatFor(options), message, requestId);
  return {
    status,
    headers: { ...headers, 'Content-Type': contentType },
    body: Buffer.from(body),
  };
}

/** What nginx answers for a status without a body: Kong's error page, nginx's own, or nothing. */
export function bareResponse(
  status: number,
  reason: string,
  requestId: string,
  accept: string | undefined,
): DirectResponse {
  const message = messages[status];
  if (message !== undefined) {
    return errorResponse({ status, message, requestId, accept, fallback: 'text' });
  }
  if (status < 300) return { status, headers: {}, body: Buffer.alloc(0) };
  const title = `${status} ${reason}`;
  const page =
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n` +
    `<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return {
    status,
    headers: { 'Content-Type': 'text/html; charset=UTF-8' },
    body: Buffer.from(page),
  };
}

function formatFor({ accept, fallback }: ErrorPageOptions): 'json' | 'text' | 'html' | 'xml' {
  if (accept === undefined) return fallback;
  if (/application\/json|\*\/\*/.test(accept)) return 'json';
  if (accept.includes('text/html')) return 'html';
  if (accept.includes('application/xml')) return 'xml';
  return accept.includes('text/plain') ? 'text' : 'json';
}

function render(
  format: 'json' | 'text' | 'html' | 'xml',
  message: string,
  requestId: string,
): [contentType: string, body: string] {
  switch (format) {
    case 'json':
      return [
        'application/json; charset=utf-8',
        `{\n  "message":${JSON.stringify(message)},\n  "request_id":"${requestId}"\n}`,
      ];
    case 'text':
      return ['text/plain; charset=utf-8', `${message}\nrequest_id: ${requestId}\n`];
    case 'html':
      return [
        'text/html; charset=utf-8',
        `<!doctype html>\n<title>Error</title>\n<h1>Error</h1>\n<p>${message}.</p>\n<p>request_id: ${requestId}</p>\n`,
      ];
    case 'xml':
      return [
        'application/xml; charset=utf-8',
        `<?xml version="1.0" encoding="UTF-8"?>\n<error>\n  <message>${message}</message>\n  <requestid>${requestId}</requestid>\n</error>\n`,
      ];
  }
}
