/**
 * The optional `@kubernetes/client-node`, for credentials that a command or a login gives. It weighs
 * 75 MB on disk and about as much in memory, so nothing else is taken from it.
 */
import type { Connection } from './cluster';
import { kubernetesClientErrors } from './errors';

/** What is used of the library's `KubeConfig`. */
export interface LibraryConfig {
  loadFromFile(file: string): void;
  setCurrentContext(name: string): void;
  getCurrentCluster(): { readonly server: string } | null;
  /** Puts credentials into the options of a request, running the command where it has to. */
  applyToHTTPSOptions(options: RequestSettings): Promise<void>;
}

export interface RequestSettings {
  headers?: Record<string, unknown>;
  ca?: unknown;
  cert?: unknown;
  key?: unknown;
  auth?: string | null;
  servername?: unknown;
  rejectUnauthorized?: unknown;
}

export type LibraryLoader = () => Promise<{ readonly KubeConfig: new () => LibraryConfig }>;

export interface LibraryRequest {
  readonly file: string;
  readonly contextName: string;
  /** `a command (exec)`: for the message where the library is not there. */
  readonly method: string;
  readonly load?: LibraryLoader;
}

/** @throws MeshdError K8S_CLIENT_MISSING where the library is not installed or cannot be loaded. */
export async function connectByLibrary({
  file,
  contextName,
  method,
  load = loadLibrary,
}: LibraryRequest): Promise<() => Promise<Connection>> {
  const { KubeConfig } = await load().catch((error: unknown) => {
    const cause = (error as NodeJS.ErrnoException).code ?? 'it cannot be loaded';
    throw kubernetesClientErrors.error('K8S_CLIENT_MISSING', { file, method, cause });
  });
  const config = new KubeConfig();
  config.loadFromFile(file);
  config.setCurrentContext(contextName);
  return async () => {
    const settings: RequestSettings = { headers: {} };
    await config.applyToHTTPSOptions(settings).catch((error: unknown) => {
      // Its message may quote what the command printed.
      const cause = `the command for credentials failed (${(error as NodeJS.ErrnoException).code ?? 'no code'})`;
      throw kubernetesClientErrors.error('K8S_KUBECONFIG', { file, cause }, { place: { file } });
    });
    return {
      url: (config.getCurrentCluster()?.server ?? '').replace(/\/+$/, ''),
      headers: headersOf(settings),
      tls: {
        ...pem('ca', settings.ca),
        ...pem('cert', settings.cert),
        ...pem('key', settings.key),
        ...(typeof settings.servername === 'string' ? { servername: settings.servername } : {}),
        ...(settings.rejectUnauthorized === false ? { rejectUnauthorized: false } : {}),
      },
    };
  };
}

async function loadLibrary(): ReturnType<LibraryLoader> {
  // By a name that the compiler does not follow: the package need not be there.
  const name = '@kubernetes/client-node';
  return (await import(name)) as Awaited<ReturnType<LibraryLoader>>;
}

function headersOf({ headers = {}, auth }: RequestSettings): Readonly<Record<string, string>> {
  const plain = Object.entries(headers).flatMap(([key, value]) =>
    typeof value === 'string' ? [[key.toLowerCase(), value] as const] : [],
  );
  const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...Object.fromEntries(plain), ...basic };
}

function pem(name: string, value: unknown): Readonly<Record<string, string>> {
  if (typeof value === 'string') return { [name]: value };
  return Buffer.isBuffer(value) ? { [name]: value.toString('utf8') } : {};
}
