/** The settings of the ways out to Kong, apart from the ways: checking a file needs none of them. */
import * as z from 'zod';

import { Duration } from '../config/duration';
import type { FitTarget } from '../kong/target-fit';
import type { Policy } from '../plan/filters/policy';

/** A header name is a token, a value one line: the request must stay one request. */
const Headers = z.record(
  z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be a header name'),
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'must be one line of text'),
);

const Connection = {
  url: z.url({ protocol: /^https?$/ }).describe("Kong's Admin API, such as http://127.0.0.1:8001."),
  tokenFile: z
    .string()
    .exactOptional()
    .describe('File with the token for the header Kong-Admin-Token; read again when it changes.'),
  headers: Headers.exactOptional().describe('Further request headers, for a proxy in between.'),
  tls: z
    .strictObject({
      caFile: z.string().exactOptional().describe('CA certificates that Kong is checked against.'),
      certFile: z.string().exactOptional().describe('Client certificate.'),
      keyFile: z.string().exactOptional().describe('Key of the client certificate.'),
      serverName: z.string().exactOptional().describe('Name the certificate must have.'),
      insecureSkipVerify: z
        .boolean()
        .exactOptional()
        .describe('Accept any certificate: for experiments only.'),
    })
    .exactOptional(),
  timeout: Duration.prefault('10s').describe('Longest wait for one answer.'),
};

export const DblessConfig = z.strictObject({
  ...Connection,
  fallback: z
    .enum(['exclude', 'last-valid'])
    .default('last-valid')
    .describe(
      'What stands in for an entity that Kong refuses: its last valid form, or nothing. A live plugin always keeps its last valid form, and a new route waits for its plugins.',
    ),
  maxBodyBytes: z
    .int()
    .min(1024)
    .exactOptional()
    .describe("Kong's nginx_admin_client_max_body_size, where it is not 10 MiB."),
});

const Tag = z.string().regex(/^[^,/]+$/, 'must be a Kong tag: no comma, no slash');

export const AdminConfig = z.strictObject({
  ...Connection,
  selectTags: z
    .array(Tag)
    .exactOptional()
    .describe(
      'Only entities with all of these tags are listed, changed or deleted, and what is written gets them. Default: _info.select_tags of the files.',
    ),
  previousTags: z
    .array(Tag)
    .min(1)
    .exactOptional()
    .describe('Tags of an earlier owner: entities with all of them are taken over.'),
  workspace: z.string().min(1).exactOptional().describe('Workspace, for a Kong that has them.'),
  parallelism: z.int().min(1).max(1000).default(10).describe('Requests at once.'),
  relist: Duration.prefault('1h').describe(
    'How often everything is listed to look for drift; in between a part at a time is.',
  ),
});

export const KongFileConfig = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe('Where to write: a file, or a folder where the configuration is several files.'),
  arrival: Duration.prefault('1h').describe(
    'How long what is written may take to get to Kong: for so long the outbounds that it led to before stay.',
  ),
});

/** `kong.target`: its single key names the kind. */
export const KongTargetConfig = z
  .strictObject({
    dbless: DblessConfig.optional().describe('A Kong without a database, by POST /config.'),
    admin: AdminConfig.optional().describe('A Kong with a database, entity by entity.'),
    file: KongFileConfig.optional().describe(
      'A file in decK format, for Git, decK or Kong to read.',
    ),
  })
  .refine((entry) => Object.values(entry).filter((value) => value !== undefined).length === 1, {
    message: 'must have exactly one kind of target',
  });
export type KongTargetConfig = z.infer<typeof KongTargetConfig>;

/** The target as far as it decides which files can go there. */
export function fitTargetOf({ admin, dbless }: KongTargetConfig, policy: Policy): FitTarget {
  // Files that stand for all of the gateway must say all of it; those that only add to it need not.
  if (admin) return { kind: 'admin', workspace: admin.workspace, looksUp: policy !== 'sync' };
  return { kind: dbless ? 'dbless' : 'file' };
}
