/**
 * A kubeconfig. Tokens, client certificates and passwords are read here; credentials that a command or
 * a login gives are left to the library that knows all of their ways, loaded only then.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { parse } from 'yaml';
import * as z from 'zod';

import { connectByLibrary, type LibraryLoader } from './client-library';
import type { Cluster, Connection, TlsSettings } from './cluster';
import { readPem, readToken } from './credential-files';
import { kubernetesClientErrors } from './errors';

const Text = z.string().nullish();

const ClusterEntry = z.object({
  server: z.url({ protocol: /^https?$/ }),
  'certificate-authority': Text,
  'certificate-authority-data': Text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': Text,
  'proxy-url': Text,
});

const UserEntry = z.object({
  token: Text,
  tokenFile: Text,
  username: Text,
  password: Text,
  'client-certificate': Text,
  'client-certificate-data': Text,
  'client-key': Text,
  'client-key-data': Text,
  exec: z.unknown(),
  'auth-provider': z.unknown(),
});
type UserEntry = z.infer<typeof UserEntry>;

const named = <T extends z.ZodRawShape>(shape: T) =>
  z
    .array(z.object({ name: z.string(), ...shape }))
    .nullish()
    .transform((entries) => entries ?? []);

const Kubeconfig = z.object({
  'current-context': Text,
  clusters: named({ cluster: ClusterEntry }),
  users: named({ user: UserEntry.partial().nullish() }),
  contexts: named({
    context: z.object({ cluster: z.string(), user: Text, namespace: Text }),
  }),
});

export interface KubeconfigOptions {
  readonly file: string;
  readonly context?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For tests; by default the installed package. */
  readonly load?: LibraryLoader;
}

/** Reads nothing before the first connection. */
export function fromKubeconfig(options: KubeconfigOptions): Cluster {
  const file = resolve(options.file.replace(/^~(?=\/|$)/, options.env?.['HOME'] ?? '~'));
  let library: { readonly text: string; readonly connect: () => Promise<Connection> } | undefined;
  return {
    async connection() {
      const { text, cluster, user, contextName } = await readContext(file, options.context);
      const method = user.exec
        ? 'a command (exec)'
        : user['auth-provider']
          ? 'an auth provider'
          : undefined;
      if (method === undefined) return connect(file, cluster, user);
      // The library keeps what a command gave until it runs out: a new one only for a new file.
      if (library?.text !== text) {
        const request = {
          file,
          contextName,
          method,
          ...(options.load ? { load: options.load } : {}),
        };
        library = { text, connect: await connectByLibrary(request) };
      }
      return library.connect();
    },
    async namespace() {
      return (await readContext(file, options.context)).namespace;
    },
  };
}

async function readContext(file: string, wanted: string | undefined) {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw invalid(file, (error as NodeJS.ErrnoException).code ?? 'unreadable');
  });
  const parsed = Kubeconfig.safeParse(parseYaml(file, text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(file, `${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'unknown'}`);
  }
  const config = parsed.data;
  const contextName = wanted ?? config['current-context'] ?? '';
  if (contextName === '') throw invalid(file, 'it has no current-context');
  const context = config.contexts.find(({ name }) => name === contextName)?.context;
  if (!context) {
    const names = config.contexts.map(({ name }) => name).join(', ') || 'none';
    throw invalid(file, `it has no context "${contextName}" (it has ${names})`);
  }
  const cluster = config.clusters.find(({ name }) => name === context.cluster)?.cluster;
  if (!cluster) throw invalid(file, `it has no cluster "${context.cluster}"`);
  const entry = config.users.find(({ name }) => name === context.user);
  if (context.user && !entry) throw invalid(file, `it has no user "${context.user}"`);
  const user: Partial<UserEntry> = entry?.user ?? {};
  return { text, cluster, user, contextName, namespace: context.namespace ?? undefined };
}

async function connect(
  file: string,
  cluster: z.infer<typeof ClusterEntry>,
  user: Partial<UserEntry>,
): Promise<Connection> {
  if (cluster['proxy-url']) throw invalid(file, 'proxy-url is not supported');
  // The address is printed in findings, and a user has better places for them.
  if (new URL(cluster.server).username !== '' || new URL(cluster.server).password !== '') {
    throw invalid(file, 'the server of the cluster holds credentials');
  }
  // Paths are relative to the file, as kubectl reads them.
  const pem = async (data: unknown, path: unknown, what: string): Promise<string | undefined> => {
    if (typeof data === 'string' && data !== '')
      return Buffer.from(data, 'base64').toString('utf8');
    if (typeof path === 'string' && path !== '') return readPem(resolve(dirname(file), path), what);
    return undefined;
  };
  const [ca, cert, key] = await Promise.all([
    pem(cluster['certificate-authority-data'], cluster['certificate-authority'], 'the CA'),
    pem(user['client-certificate-data'], user['client-certificate'], 'a client certificate'),
    pem(user['client-key-data'], user['client-key'], 'a client key'),
  ]);
  const tls: TlsSettings = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(cluster['tls-server-name'] ? { servername: cluster['tls-server-name'] } : {}),
    ...(cluster['insecure-skip-tls-verify'] === true ? { rejectUnauthorized: false } : {}),
  };
  const authorization = await authorizationOf(file, user);
  return {
    url: cluster.server.replace(/\/+$/, ''),
    headers: authorization === undefined ? {} : { authorization },
    tls,
  };
}

async function authorizationOf(
  file: string,
  { token, tokenFile, username, password }: Partial<UserEntry>,
): Promise<string | undefined> {
  // The file wins over the token beside it: that one is what the file held once.
  if (tokenFile) return `Bearer ${await readToken(resolve(dirname(file), tokenFile))}`;
  if (token && !/^[\x21-\x7e]+$/.test(token)) {
    // Anything but visible ASCII could end the header and begin another.
    throw invalid(file, 'the token of the user holds more than a token');
  }
  if (token) return `Bearer ${token}`;
  if (!username) return undefined;
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
}

function parseYaml(file: string, text: string): unknown {
  try {
    // Warnings would go to the process's own, with an excerpt of the text.
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch {
    // The parser quotes the line it fails at, which may be a secret.
    throw invalid(file, 'it is not valid YAML');
  }
}

function invalid(file: string, cause: string): Error {
  return kubernetesClientErrors.error('K8S_KUBECONFIG', { file, cause }, { place: { file } });
}
