/** What the phases of a pass share: the ports they work through, the settings, and the request. */
import type { KongFiles } from '../config/kong-files';
import type { FitTarget } from '../kong/target-fit';
import type { Change } from '../plan/change';
import type { MassDeletionLimits } from '../plan/filters/mass-deletion';
import type { Policy } from '../plan/filters/policy';
import type { ReportProgress } from '../progress';
import type { Source } from '../sources/source';
import type { AppliedStore } from '../targets/applied-file';
import type { ConfirmationStore } from '../targets/confirmation-file';
import type { DataplaneChange, DataplaneTarget } from '../targets/dataplane/dataplane-target';
import type { UpstreamTarget } from '../targets/kubernetes-align/upstream-target';
import type { SnapshotTarget } from '../targets/snapshot/snapshot-target';
import type { KongTarget } from '../targets/target';
import type { TranslateRules } from '../translate/rules';
import type { ResolvedLink } from '../translate/translation';
import type { Clock } from './clock';

/** What a pass works with. Every target is optional. */
export interface PassContext {
  readonly source: Source;
  readonly kongFiles?: KongFiles | undefined;
  /** What the Kong files are meant for. */
  readonly fitTarget?: FitTarget | undefined;
  readonly kong?: KongTarget | undefined;
  /** Keeps over restarts what was applied to Kong. */
  readonly applied?: AppliedStore | undefined;
  /** Tells a daemon what a one-shot run was told to take for real. */
  readonly confirmations?: ConfirmationStore | undefined;
  readonly snapshot?: SnapshotTarget | undefined;
  readonly dataplane?: DataplaneTarget | undefined;
  /** Annotates routed Services on Kubernetes. */
  readonly upstream?: UpstreamTarget | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly settings: PassSettings;
  readonly clock: Clock;
  /** Hears how far the pass is. */
  readonly progress?: ReportProgress | undefined;
}

export interface KongLimits {
  readonly readMs: number;
  readonly writeMs: number;
}

export interface PassSettings {
  readonly environment: 'universal' | 'kubernetes';
  /** Overrides what the Dataplane says. */
  readonly transparentProxy?: boolean | undefined;
  /** The zone of the gateway, where no Dataplane says so. */
  readonly zone?: string | undefined;
  /** Where the sidecars listen for Kong. Default 127.0.0.1. */
  readonly outboundAddress?: string | undefined;
  /** How long the plugin may rely on outbound ports without a sign of life, in ms; absent: for ever. */
  readonly trustMs?: number | undefined;
  /** The snapshot is renewed as long as this process lives. */
  readonly renews?: boolean | undefined;
  readonly rules: TranslateRules;
  readonly policy: Policy;
  readonly limits: MassDeletionLimits;
  /** What may be deleted by itself: what kong-meshd applied, or everything that the files leave out. */
  readonly prune: 'owned' | 'all';
  /** How long, in ms, Kong may take to be read and to be written in one pass. */
  readonly kongLimits?: KongLimits | undefined;
  /** How often the targets are asked whether they still hold what was applied, in ms. */
  readonly probeMs: number;
}

/** What the mesh side of a pass is about to bring about. */
export interface PlannedMesh {
  readonly expanding: readonly DataplaneChange[];
  readonly contracting: readonly DataplaneChange[];
  readonly links: readonly ResolvedLink[];
}

/** Called right before something is written; what throws ends the pass there. */
export interface Approval {
  mesh(planned: PlannedMesh): void;
  kong(changes: readonly Change[]): void;
}

export interface PassRequest {
  /** Where only what was looked at before may be done. */
  readonly approval?: Approval;
  /** Plan only: nothing is written anywhere. */
  readonly dryRun: boolean;
  /** The user vouches for deletions that the guard would hold back. */
  readonly confirmDeletes: boolean;
  /** How often the mesh is looked at while Kong is waited for, in ms; absent where one pass is all. */
  readonly meshEveryMs?: number;
}
