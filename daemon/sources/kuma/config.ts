/** The `kuma:` entry under `sources` of kong-meshd.yaml. */
import * as z from 'zod';

import { Duration } from '../../config/duration';

const Url = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine((text) => {
    // What is no URL at all has its finding already, but this check runs nevertheless.
    if (!URL.canParse(text)) return true;
    const url = new URL(text);
    return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  }, 'must have no credentials (use tokenFile), query or fragment');

/** A header name is a token, a value one line: the request must stay one request. */
const Headers = z.record(
  z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be a header name'),
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'must be one line of text'),
);

/** A timer takes at most 2^31-1 ms, and none is shorter than 1 ms. */
const Wait = Duration.refine((ms) => ms >= 1 && ms < 2 ** 31, 'must be between 1ms and 24 days');

/** How to reach one control plane. Strict: an unknown key is an error. */
export const KumaSourceConfig = z
  .strictObject({
    url: Url.describe("The control plane's API server, such as http://127.0.0.1:5681."),
    tokenFile: z
      .string()
      .min(1)
      .exactOptional()
      .describe('File with a user token; read again on each poll.'),
    caFile: z
      .string()
      .min(1)
      .exactOptional()
      .describe('File with the CA certificates of the API server; read again on each poll.'),
    insecureSkipVerify: z
      .boolean()
      .default(false)
      .describe('Accept any certificate: for experiments only.'),
    headers: Headers.exactOptional().describe('Further request headers, for a proxy in between.'),
    interval: Wait.exactOptional().describe(
      'Ask the control plane at most this often; without it, as often as the loop does.',
    ),
    timeout: Wait.prefault('5s').describe('Longest wait for one answer.'),
  })
  .transform(({ interval, timeout, ...rest }) => ({
    ...rest,
    ...(interval === undefined ? {} : { intervalMs: interval }),
    timeoutMs: timeout,
  }));
/** With durations in milliseconds; what a user writes is `z.input<typeof KumaSourceConfig>`. */
export type KumaSourceConfig = z.infer<typeof KumaSourceConfig>;
