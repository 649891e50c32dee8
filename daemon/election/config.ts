/** The `election:` entry of kong-meshd.yaml. */
import * as z from 'zod';

import { Duration } from '../config/duration';
import {
  connectionFields,
  filesBelongToUrl,
  NamespaceName,
  oneServer,
} from '../kubernetes-client/connection-settings';

/** A standby may look up to a fifth later than asked for, so that many do not look at once. */
const spread = 1.2;

const LeaseElection = z
  .strictObject({
    ...connectionFields,
    namespace: NamespaceName.exactOptional().describe(
      'Where the lease lies; by default the namespace of the gateway in the kubernetes source, else of the daemon.',
    ),
    name: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be a DNS name, such as kong-meshd')
      .default('kong-meshd')
      .describe('The lease; replicas that write to the same Kong name the same one.'),
    leaseDuration: Duration.refine(
      (ms) => ms >= 1000 && ms % 1000 === 0 && ms <= 3_600_000,
      'must be whole seconds, between 1s and 1h',
    )
      .prefault('15s')
      .describe('How long the others wait for a leader that is silent.'),
    renewDeadline: Duration.prefault('10s').describe(
      'The leader stops writing when it could not renew the lease for so long.',
    ),
    retryPeriod: Duration.refine((ms) => ms >= 100, 'must be at least 100ms')
      .prefault('2s')
      .describe('How often the leader renews, and the others look.'),
  })
  .refine(...oneServer)
  .refine(...filesBelongToUrl)
  .refine(({ leaseDuration, renewDeadline }) => renewDeadline < leaseDuration, {
    message:
      'must be shorter than leaseDuration: the time between them is what keeps two from writing',
    path: ['renewDeadline'],
  })
  .refine(({ renewDeadline, retryPeriod }) => retryPeriod * spread < renewDeadline, {
    message: 'must fit into renewDeadline more than once',
    path: ['retryPeriod'],
  });

export const ElectionConfig = z
  .strictObject({
    kubernetes: LeaseElection.describe('By a Lease of a Kubernetes cluster.'),
  })
  .describe(
    'Lets replicas that write to one Admin API elect the one that does; off where it is left out.',
  );
export type ElectionConfig = z.infer<typeof ElectionConfig>;
