/**
 * The schema of kong-meshd.yaml. Strict: an unknown key is an error, because a misspelt safety
 * setting must never pass as its default. The descriptions become the reference page.
 */
import * as z from 'zod';

import { ElectionConfig } from '../election/config';
import { SourceConfig } from '../sources/source-config';
import { gatewayWriteFields } from '../targets/dataplane/config';
import { KongTargetConfig } from '../targets/kong-target-config';
import { ExposeRule } from '../translate/rules';
import { Duration } from './duration';
import { parseListen } from '../../http-server/listen-address';

const Paths = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value));

const Gateway = z
  .strictObject({
    environment: z
      .enum(['universal', 'kubernetes'])
      .default('universal')
      .describe('Where Kong and its sidecar run; decides which address forms can work.'),
    dataplane: Paths.optional().describe(
      "Name of the gateway's Dataplane, or a list where several gateways share one Kong config.",
    ),
    service: z
      .string()
      .optional()
      .describe('The kuma.io/service the gateway must have: the name that permissions use.'),
    labels: z
      .record(z.string().min(1), z.string().min(1))
      .optional()
      .describe(
        'Labels that the Dataplanes of the gateway carry, where no names are given: from Kuma 3.0 on nothing else marks a gateway.',
      ),
    transparentProxy: z
      .boolean()
      .optional()
      .describe('Overrides what the Dataplane says about transparent proxying.'),
    address: z
      .enum(['auto', 'outbound', 'service-ip', 'mesh'])
      .default('auto')
      .describe('The address form for links that do not ask for one.'),
    manage: z
      .boolean()
      .default(true)
      .describe(
        'Whether the daemon writes to the Dataplane; false leaves outbounds and tag to you.',
      ),
    serviceUpstream: z
      .enum(['observe', 'enforce'])
      .default('observe')
      .describe(
        "On Kubernetes, whether Services that Kong's routes lead to are annotated so that the controller sends to them instead of their Pods, or only reported.",
      ),
    ...gatewayWriteFields,
  })
  .prefault({});

const Guard = z
  .strictObject({
    share: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Deleting more than this share of what kong-meshd owns is held back.'),
    atLeast: z
      .int()
      .min(0)
      .default(5)
      .describe(
        'Deleting up to this many owned entities is held back only while an input is empty.',
      ),
    confirmAfter: Duration.prefault('10m').describe(
      'Owned entities that are held back because too many would go at once are deleted after this time. What was never applied, and what an empty mesh or configuration would delete, waits for --confirm-deletes.',
    ),
  })
  .prefault({});

const Loop = z
  .strictObject({
    interval: Duration.prefault('1s').describe(
      'Longest time between two looks at the sources; up to a tenth less by chance, so that many daemons keep apart.',
    ),
    debounce: Duration.prefault('100ms').describe('Changes that come together are one pass.'),
    minInterval: Duration.prefault('200ms').describe('Passes are never closer than this.'),
    maxBackoff: Duration.prefault('2s').describe('Longest wait after failed passes.'),
    probe: Duration.prefault('10s').describe(
      'How often the state of a Kong with a database is checked for drift; any other is checked on every pass.',
    ),
  })
  .prefault({});

const Status = z
  .union([
    z.literal(false),
    z.strictObject({
      listen: z
        .string()
        .refine(
          (text) => parseListen(text) !== undefined,
          'must be an address such as 127.0.0.1:9650',
        )
        .default('127.0.0.1:9650')
        .describe('Where the status page, the health probes and the metrics are served.'),
      hosts: z
        .array(z.string().regex(/^[A-Za-z0-9._-]+$/, 'must be a host name without a port'))
        .default([])
        .describe(
          'Host names under which it may be called besides localhost and the listen address.',
        ),
    }),
  ])
  .prefault({})
  .describe('The status server; `false` turns it off.');

const Doctor = z
  .union([
    z.literal(false),
    z.strictObject({
      interval: Duration.refine((ms) => ms >= 1000, 'must be at least 1s')
        .prefault('5m')
        .describe('How often the daemon runs the checks of `kong-meshd doctor`.'),
    }),
  ])
  .prefault({})
  .describe('The checks beside the passes; `false` turns them off.');

export const Config = z.strictObject({
  mesh: z.string().min(1).default('default').describe('The mesh that the gateway belongs to.'),
  sources: z.array(SourceConfig).min(1).describe('Where mesh services come from.'),
  kong: z
    .strictObject({
      config: Paths.describe("The user's Kong configuration: a decK file, a folder, or several."),
      target: KongTargetConfig.optional().describe('Where the desired configuration goes.'),
      policy: z
        .enum(['sync', 'upsert-only', 'create-only'])
        .default('sync')
        .describe(
          'Which changes are made at all. With `upsert-only` and `create-only` entities may refer to what only the gateway has, where it has a database.',
        ),
      prune: z
        .enum(['owned', 'all'])
        .default('owned')
        .describe(
          'What is deleted when the files no longer name it: `owned`, what kong-meshd applied before or what carries its tags; `all`, whatever the gateway holds, as decK does.',
        ),
      settle: Duration.prefault('5s').describe(
        'Nothing is changed because of a file before it has stood unchanged for so long: it may be half of what is still being written. A file that is written beside and renamed waits only where something is deleted.',
      ),
    })
    .optional(),
  gateway: Gateway,
  plugin: z
    .strictObject({
      snapshot: z.string().describe('The file that the mesh-upstream plugin reads.'),
      socket: z
        .string()
        .min(1)
        .exactOptional()
        .describe(
          "The plugin server's socket, which the daemon looks at. Default: KONG_MESHD_SOCKET, else what a Kong on this host says, else /usr/local/kong/mesh-upstream.socket where there is one.",
        ),
      metrics: z
        .string()
        .regex(
          /^(unix:\/.+|\S+:\d{1,5})$/,
          'must be like 127.0.0.1:9651 or unix:/run/metrics.socket',
        )
        .exactOptional()
        .describe(
          'Where the plugin server serves metrics, for the requests on the status page: 127.0.0.1:9651 or unix:/run/kong-meshd/metrics.socket. Default: KONG_MESHD_METRICS.',
        ),
    })
    .optional(),
  adopt: z
    .boolean()
    .default(false)
    .describe('Also link services whose host already is a mesh name.'),
  expose: z.array(ExposeRule).default([]).describe('Routes made for mesh services by rule.'),
  ownerTag: z
    .string()
    .regex(/^[^,/]+$/, 'must be a Kong tag: no comma, no slash')
    .default('kong-meshd')
    .describe('The tag on entities that are made here.'),
  stateFile: z
    .string()
    .optional()
    .describe(
      'Keeps the last good observation over restarts. Beside it, in a file that ends in `.applied.json`, kong-meshd records what it applied to Kong, and so may delete; through one that ends in `.confirmed.json` a daemon learns what `sync --confirm-deletes` was told to take for real.',
    ),
  election: ElectionConfig.optional(),
  guard: Guard,
  loop: Loop,
  status: Status,
  doctor: Doctor,
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    })
    .prefault({}),
});

/** The configuration as the program uses it: defaults filled, time spans in milliseconds. */
export type Config = z.infer<typeof Config>;
/** The configuration as users write it. */
export type ConfigInput = z.input<typeof Config>;
