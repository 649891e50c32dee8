/** The `kubernetes:` entry under `sources` of kong-meshd.yaml. */
import { z } from 'zod';

import { Duration } from '../../config/duration';

const File = z.string().min(1);

/** Names of Kubernetes become paths: nothing but a DNS label may pass. */
const Namespace = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label, such as kong');

const Selector = z
  .string()
  .regex(
    /^[\w./-]+=[\w.-]*(,[\w./-]+=[\w.-]*)*$/,
    'must be labels such as app=kong,tier=edge, all of which the Pods have',
  )
  .transform((text): Readonly<Record<string, string>> =>
    Object.fromEntries(
      text.split(',').map((part) => {
        const at = part.indexOf('=');
        return [part.slice(0, at), part.slice(at + 1)];
      }),
    ),
  );

const Wait = Duration.refine((ms) => ms >= 1 && ms < 2 ** 31, 'must be between 1ms and 24 days');

/** How to reach one cluster, and which part of it matters. Strict: an unknown key is an error. */
export const KubernetesSourceConfig = z
  .strictObject({
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
    tokenFile: File.exactOptional().describe('File with a token for url; read anew each time.'),
    caFile: File.exactOptional().describe('File with the CA certificates for url.'),
    namespaces: z
      .array(Namespace)
      .min(1)
      .exactOptional()
      .describe('Read only these namespaces; without it all of them.'),
    gateway: z
      .strictObject({
        namespace: Namespace.exactOptional().describe(
          'Where Kong runs; by default the namespace of the daemon, else of the kubeconfig context.',
        ),
        selector: Selector.exactOptional().describe(
          "Labels of Kong's Pods; without them every Pod annotated kuma.io/gateway counts.",
        ),
      })
      .prefault({}),
    clusterDomain: z
      .string()
      .regex(/^[a-z0-9.-]+$/, 'must be a domain, such as cluster.local')
      .default('cluster.local')
      .describe("The cluster's DNS domain."),
    timeout: Wait.prefault('5s').describe('Longest wait for one answer.'),
    staleAfter: Wait.prefault('10s').describe(
      'A lost watch is an outage after this time; until then what it saw last counts.',
    ),
  })
  .refine(({ kubeconfig, url }) => kubeconfig === undefined || url === undefined, {
    message: 'must have kubeconfig or url, not both',
  })
  .refine(({ url, tokenFile, caFile }) => url !== undefined || !(tokenFile ?? caFile), {
    message: 'tokenFile and caFile belong to url',
  })
  .transform(({ timeout, staleAfter, ...rest }) => ({
    ...rest,
    timeoutMs: timeout,
    staleAfterMs: staleAfter,
  }));
/** With durations in milliseconds; what a user writes is `z.input<typeof KubernetesSourceConfig>`. */
export type KubernetesSourceConfig = z.infer<typeof KubernetesSourceConfig>;
