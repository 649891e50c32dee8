import type { Json } from './resource';
import { StdError } from './std-error';

/** What is sent back: a JSON body, or plain text where it is a string. */
export interface Answer {
  readonly status: number;
  readonly body: Json | string;
}

export function ok(body: Json | string): Answer {
  return { status: 200, body };
}

/** A path the server does not know: plain text, as upstream. */
export const PAGE_NOT_FOUND: Answer = { status: 404, body: '404: Page Not Found' };

export const METHOD_NOT_ALLOWED: Answer = { status: 405, body: '405: Method Not Allowed' };

/** What Envoy alone can say; the stand-in has none. */
export const NOT_IN_THE_STAND_IN: Answer = {
  status: 501,
  body: 'the stand-in control plane has no Envoy to ask',
};

/** The answer that an error stands for; rethrows what is none. */
export function answerOf(error: unknown): Answer {
  if (error instanceof StdError) return { status: error.status, body: error.body };
  throw error;
}
