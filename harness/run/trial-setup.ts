/** What a trial is played with. */
import type { RelayAccess } from '../../runtime/relay/config.ts';
import type { FrameSource, ModelFiles, Security } from '../../runtime/roles/config.ts';
import type { CpuShares } from '../../runtime/roles/pace.ts';
import type { NodeFaults } from '../providers/provider.ts';
import type { Experiment } from '../spec/resolved.ts';
import type { Repetition } from './plan.ts';
import type { RoleSite } from './role-process.ts';

export interface TrialNode extends RoleSite {
  readonly address: string;
  readonly faults: NodeFaults;
  /** Through which it connects to other nodes, where the testbed has one. */
  readonly relay?: RelayAccess;
  readonly model: ModelFiles;
  /** Of the engine. */
  readonly threads: number;
  /** Where it emulates a device. */
  readonly cpuShares?: CpuShares;
  /** Empty but on sources. */
  readonly frames: readonly FrameSource[];
}

export interface TrialSetup {
  readonly repetition: Repetition;
  readonly order: number;
  readonly experiment: Experiment;
  readonly security: Security;
  readonly host: RoleSite;
  readonly gateway: TrialNode;
  readonly edges: readonly TrialNode[];
  /** Whether one medium carries all that nodes send. */
  readonly sharesMedium: boolean;
  /** Wishes of the testbed that cannot be kept. */
  readonly reasons: readonly string[];
  /** Told of the moments between which things are measured. */
  readonly watch: { started(): void; finished(): void };
  /** Files to which a node's log goes. */
  readonly logsOf: (node: string) => readonly string[];
}
