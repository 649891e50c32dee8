/** How users name an API server: the same settings for whatever speaks to one. */
import * as z from 'zod';

const File = z.string().min(1);

/** To be spread into a strict object, with the two rules below on it. */
export const connectionFields = {
  kubeconfig: File.exactOptional().describe(
    "A kubeconfig; without it and without url the Pod's own service account is used.",
  ),
  context: z.string().min(1).exactOptional().describe('Another context than the current one.'),
  url: z
    .url({ protocol: /^https?$/ })
    .refine((text) => {
      if (!URL.canParse(text)) return true;
      const { username, password } = new URL(text);
      return username === '' && password === '';
    }, 'must have no credentials (use tokenFile)')
    .exactOptional()
    .describe('An API server without a kubeconfig, such as that of kubectl proxy.'),
  tokenFile: File.exactOptional().describe('File with a token for url; read again each time.'),
  caFile: File.exactOptional().describe('File with the CA certificates for url.'),
};

interface ConnectionSettings {
  readonly kubeconfig?: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
}

/** Rules as arguments of `refine`. */
export const oneServer = [
  ({ kubeconfig, url }: ConnectionSettings): boolean =>
    kubeconfig === undefined || url === undefined,
  { message: 'must have kubeconfig or url, not both' },
] as const;

export const filesBelongToUrl = [
  ({ url, tokenFile, caFile }: ConnectionSettings): boolean =>
    url !== undefined || (tokenFile === undefined && caFile === undefined),
  { message: 'tokenFile and caFile belong to url' },
] as const;

/** Names of namespaces become paths: nothing but a DNS label may pass. */
export const NamespaceName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label, such as kong');
