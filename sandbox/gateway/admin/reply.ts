/** What an endpoint answers. */
export interface Reply {
  readonly status: number;
  /** An object goes out as JSON, a text as HTML, nothing as an empty body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends a request with a refusal from anywhere below its handler. */
export class Refusal extends Error {
  constructor(readonly reply: Reply) {
    super(`refused with ${reply.status}`);
    this.name = 'Refusal';
  }
}

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

export function refuse(status: number, body: unknown): Refusal {
  return new Refusal({ status, body });
}

export const noContent: Reply = { status: 204 };
export const notFound: Reply = { status: 404, body: { message: 'Not found' } };
export const methodNotAllowed: Reply = { status: 405, body: { message: 'Method not allowed' } };
export const unexpected: Reply = {
  status: 500,
  body: { message: 'An unexpected error occurred' },
};

/** The pages nginx answers with before Kong's own code runs. */
export function htmlPage(status: number, title: string): Reply {
  return {
    status,
    body: `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n</body>\r\n</html>\r\n`,
  };
}
