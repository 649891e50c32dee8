/** Everything that can go wrong between a client and an HTTP server, each as one way to spoil an exchange. */
import type { Random } from '../random';
import type { Answer, HttpFault } from '../world/faulty-proxy';

const json = { 'content-type': 'application/json' } as const;

function answerOf(status: number, body: string, headers: Record<string, string> = json): Answer {
  return { status, headers, body: Buffer.from(body) };
}

export function status(code: number, headers: Record<string, string> = {}): HttpFault {
  const body = JSON.stringify({ title: `fault ${code}`, message: `fault ${code}`, status: code });
  return ({ reply }) => reply(answerOf(code, body, { ...json, ...headers }));
}

export function slow(ms: number): HttpFault {
  return async ({ forward, reply }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    reply(await forward());
  };
}

/** As a halted process: what waits is answered when it goes on. */
export const hangs: HttpFault = async ({ forward, reply, ended }) => {
  await ended;
  reply(await forward());
};

/** The server does what it is asked, and its answer is lost on the way, without a word. */
export const answerLost: HttpFault = async ({ forward }) => {
  await forward();
};

/** The connection is reset at once. */
export const resets: HttpFault = ({ response }) => {
  response.socket?.resetAndDestroy();
};

/** The connection ends within the body. */
export function half(random: Random): HttpFault {
  return async ({ forward, response }) => {
    const { status: code, headers, body } = await forward();
    response.writeHead(code, { ...headers, 'content-length': Math.max(body.length, 2) });
    response.write(body.subarray(0, random.between(1, Math.max(1, body.length - 1))));
    setTimeout(() => response.destroy(), 20);
  };
}

/** A well-formed answer whose body was cut by something in between. */
export function truncated(random: Random): HttpFault {
  return async ({ forward, reply }) => {
    const answer = await forward();
    const length = random.between(1, Math.max(1, answer.body.length - 1));
    reply({ ...answer, body: answer.body.subarray(0, length) });
  };
}

/** A login page of some proxy in between. */
export const htmlPage: HttpFault = ({ reply }) =>
  reply(answerOf(200, '<html><title>Sign in</title></html>', { 'content-type': 'text/html' }));

/** One byte of the body is another one, where JSON has its syntax. */
export function invalidJson(random: Random): HttpFault {
  return async ({ forward, reply }) => {
    const answer = await forward();
    const text = answer.body.toString();
    const marks = [...text.matchAll(/[{}[\]:,]/g)].map(({ index }) => index);
    const at = marks[random.between(0, Math.max(0, marks.length - 1))] ?? 0;
    const body = Buffer.from(`${text.slice(0, at)}?${text.slice(at + 1)}`);
    reply({ ...answer, headers: { ...answer.headers, ...json }, body });
  };
}

type List = Record<string, unknown>;

/** Changes a list that a server gives; what is no JSON object goes through as it is. */
function lists(change: (list: List) => List): HttpFault {
  return async ({ forward, reply }) => {
    const answer = await forward();
    const list = JSON.parse(answer.body.toString()) as List;
    reply({ ...answer, body: Buffer.from(JSON.stringify(change(list))) });
  };
}

/** Kuma's lists and Kong's: there is nothing. */
export const emptyList = lists((list) => ({
  ...list,
  ...('items' in list ? { items: [], total: 0, next: null } : {}),
  ...('data' in list ? { data: [], next: null } : {}),
}));

function withSize(path: string, size: number): string {
  return path.replace(/([?&]size=)\d+/, `$1${size}`);
}

/** Small pages, each of them given twice: by itself, and in place of the one after it. */
export const duplicatePages: HttpFault = async ({ path, forward, reply }) => {
  const here = withSize(path, 2);
  const first = here.replace(/([?&])offset=[^&]*&?/, '$1').replace(/[?&]$/, '');
  const answer = await forward(here);
  if (first === here) {
    reply(answer);
    return;
  }
  const list = JSON.parse(answer.body.toString()) as List;
  const again = JSON.parse((await forward(first)).body.toString()) as List;
  const items = 'items' in list ? { items: again['items'] } : { data: again['data'] };
  reply({ ...answer, body: Buffer.from(JSON.stringify({ ...list, ...items })) });
};

/** Small pages, of which the second and all after it are never told of. */
export const missingPages: HttpFault = async ({ path, forward, reply }) => {
  const answer = await forward(withSize(path, 1));
  const list = JSON.parse(answer.body.toString()) as List;
  reply({
    ...answer,
    body: Buffer.from(JSON.stringify({ ...list, next: null, offset: undefined })),
  });
};

/** Small pages, and something happens before each of them. */
export function changing(act: (before: number) => Promise<void> | void): HttpFault {
  return async ({ path, forward, reply, before }) => {
    await act(before);
    reply(await forward(withSize(path, 1)));
  };
}

/** Something happens the moment the first request comes, before the server knows of it. */
export function beforeRequest(act: () => Promise<void> | void): HttpFault {
  return async ({ forward, reply, before }) => {
    if (before === 0) await act();
    reply(await forward());
  };
}

/** Something happens after the server has done what was asked, before anybody learns of it. */
export function beforeAnswer(act: () => Promise<void> | void): HttpFault {
  return async ({ forward, reply, before }) => {
    const answer = await forward();
    if (before === 0) await act();
    reply(answer);
  };
}
