/** The settings of the gateway's own Dataplane, as keys of `gateway:` in kong-meshd.yaml. */
import * as z from 'zod';

import { Duration } from '../../config/duration';

const PortRange = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/, 'must be a range such as 30000-30999')
  .transform((text) => {
    const [first = 0, last = 0] = text.split('-').map(Number);
    return { first, last };
  })
  .refine(({ first, last }) => first >= 1 && last <= 65_535 && first <= last, {
    message: 'must rise and lie within 1-65535',
  });

/** Both ends count. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const Outbounds = z
  .strictObject({
    address: z
      .union([z.ipv4(), z.ipv6()])
      .default('127.0.0.1')
      .describe('Where the sidecar listens for Kong.'),
    ports: PortRange.prefault('30000-30999').describe(
      'The ports that are given out; the whole range belongs to the daemon.',
    ),
    // Kong keeps idle upstream connections for 60 s: a request may still go out over one of them.
    grace: Duration.prefault('75s').describe(
      'How long an outbound stays after nothing needs it any more.',
    ),
    // The plugin trusts a snapshot that nobody renews for half of this time.
    reuseAfter: Duration.prefault('48h').describe(
      'How long the port of a removed outbound rests before another service may get it: longer than an old address can stay in use anywhere, such as in a file on its way to Kong or in a plugin server that does not see the new snapshot.',
    ),
    waitFor: Duration.prefault('10s').describe(
      'Longest wait for the sidecar to listen on a new outbound.',
    ),
    wait: z
      .enum(['auto', 'connect', 'control-plane'])
      .default('auto')
      .describe(
        'How to tell that the sidecar listens: by a connection, or by what the control plane says; auto connects where the Dataplane has an address of this host.',
      ),
  })
  .prefault({});

/** To be spread into the object of `gateway:`. */
export const gatewayWriteFields = {
  owner: z
    .enum(['api', 'file'])
    .default('api')
    .describe(
      'What the Dataplane belongs to: the API (kuma-dp run --name --mesh), or the file that kuma-dp starts from (--dataplane-file).',
    ),
  align: z
    .enum(['enforce', 'observe'])
    .default('enforce')
    .describe('Whether a kuma.io/service other than gateway.service is repaired or only reported.'),
  workload: z
    .string()
    .regex(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label of at most 63 characters')
    .exactOptional()
    .describe('The kuma.io/workload label the gateway must have: its identity from Kuma 3.0 on.'),
  zone: z
    .string()
    .min(1)
    .exactOptional()
    .describe('The zone the Dataplane must be in; one of another zone is not touched.'),
  outbounds: Outbounds,
  create: z
    .strictObject({
      address: z
        .string()
        .min(1)
        .refine((address) => address !== '0.0.0.0' && address !== '::', {
          message: 'must be an address that others can reach',
        })
        .describe("The gateway's address in the mesh."),
    })
    .exactOptional()
    .describe('Creates the Dataplane where it is missing, with this address.'),
  file: z
    .strictObject({
      path: z.string().min(1).describe('The file that kuma-dp starts from.'),
      command: z
        .array(z.string().min(1))
        .min(1)
        .exactOptional()
        .describe(
          'Program and arguments that restart kuma-dp, run after the file changed. Of the environment it gets PATH, HOME, USER, LOGNAME, SHELL, LANG, LC_*, TZ, TMPDIR, XDG_RUNTIME_DIR and DBUS_SESSION_BUS_ADDRESS.',
        ),
    })
    .exactOptional()
    .describe('With owner: file.'),
};

export const GatewayWriteConfig = z.strictObject(gatewayWriteFields);
/** With time spans in milliseconds. */
export type GatewayWriteConfig = z.infer<typeof GatewayWriteConfig>;
