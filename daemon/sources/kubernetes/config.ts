/** The `kubernetes:` entry under `sources` of kong-meshd.yaml. */
import * as z from 'zod';

import { Duration } from '../../config/duration';
import {
  connectionFields,
  filesBelongToUrl,
  NamespaceName,
  oneServer,
} from '../../kubernetes-client/connection-settings';

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
    ...connectionFields,
    namespaces: z
      .array(NamespaceName)
      .min(1)
      .exactOptional()
      .describe('Read only these namespaces; without it all of them.'),
    gateway: z
      .strictObject({
        namespace: NamespaceName.exactOptional().describe(
          'Where Kong runs; by default the namespace of the daemon, else of the kubeconfig context.',
        ),
        selector: Selector.exactOptional().describe(
          "Labels of Kong's Pods; without them every Pod annotated kuma.io/gateway counts.",
        ),
        classes: z
          .array(NamespaceName)
          .min(1)
          .exactOptional()
          .describe(
            "Names of the gateway's IngressClasses and GatewayClasses; without them all that belong to Kong's controllers.",
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
  .refine(...oneServer)
  .refine(...filesBelongToUrl)
  .transform(({ timeout, staleAfter, ...rest }) => ({
    ...rest,
    timeoutMs: timeout,
    staleAfterMs: staleAfter,
  }));
/** With durations in milliseconds; what a user writes is `z.input<typeof KubernetesSourceConfig>`. */
export type KubernetesSourceConfig = z.infer<typeof KubernetesSourceConfig>;
