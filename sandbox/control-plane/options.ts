/** What kind of control plane the stand-in is. */
import type { AuthOptions } from './auth';
import type { FlavourName } from './flavour';
import type { Place } from './labels';

export type MeshServicesMode = 'Disabled' | 'Everywhere' | 'ReachableBackends' | 'Exclusive';

export interface ControlPlaneOptions {
  /** Default 0, any free one. */
  readonly port?: number;
  /** A zone control plane of its own, or a global one without zones. Default `zone`. */
  readonly mode?: Place['mode'];
  /** Default `zone-a`. */
  readonly zone?: string;
  /** What `/` says. Default: as the flavour has it. */
  readonly version?: string;
  /** Default `2.14`; `become` changes it at run time. */
  readonly flavour?: FlavourName;
  /** How often proxies are told of changes, as `/config` says it. Default: as the flavour has it. */
  readonly refreshMs?: number;
  /** Collections this version does not have, by path (`meshservices`): 404 in plain text. */
  readonly omit?: readonly string[];
  /** Of the mesh `default`. Default: unset, which upstream takes as Disabled. */
  readonly meshServices?: MeshServicesMode;
  /** Turns mTLS on in the mesh `default`: by Mesh.mtls, or by a MeshIdentity. Default false. */
  readonly mtls?: boolean;
  readonly auth?: AuthOptions;
  /** From the disconnect of a file-owned proxy to its Dataplane's deletion. Default 10,000, as upstream. */
  readonly deregistrationMs?: number;
  /** How long a MeshService without Dataplanes stays. Default an hour, as upstream. */
  readonly deletionGraceMs?: number;
  /** How long after a change MeshServices and VIPs follow. Default 0; upstream up to 5,000. */
  readonly generationMs?: number;
  /** From a PUT's read to its commit: another write within it is a 409. Default 0, one turn of the event loop. */
  readonly commitMs?: number;
  /** VIPs of 127.241/16 and so on, which a sidecar can really listen on. Default false. */
  readonly loopbackVips?: boolean;
  /** After this a freed VIP may go to another service. Default: never. */
  readonly vipRestMs?: number;
  readonly now?: () => Date;
}
