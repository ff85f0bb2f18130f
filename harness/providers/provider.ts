/**
 * How a kind of testbed comes to exist. A provider turns a testbed into steps that can be printed,
 * run twice without harm, and undone; it knows no roles, models or experiments.
 */
import type { Testbed, TestbedNode } from '../spec/resolved.ts';
import type { Transport } from '../transports/transport.ts';

/** What a provider is able to do; the core decides what happens when a wish meets a "cannot". */
export type Capability =
  /** Of what a testbed asks for; `delay` stands for delay, jitter and loss, `shape` for the rate. */
  | 'pin'
  | 'quota'
  | 'memory'
  | 'shape'
  | 'delay'
  /** Of what an experiment does to nodes. */
  | 'freeze'
  | 'slow'
  | 'cut';

/** Takes back what was done to a node; does no harm where the node is gone. */
export type Undo = () => Promise<void>;

/** What can be done to a node on purpose, where the provider has the capability of that name. */
export interface NodeFaults {
  /** Stops all its processes where they are. */
  freeze(): Promise<Undo>;
  /** Leaves its processes a share, 0 to 1, of the CPUs that it has. */
  slow(share: number): Promise<Undo>;
  /** Drops all packets from and to it, without a word to either side. */
  cut(): Promise<Undo>;
}

/** Something the machine must have before a provider can work. */
export interface Requirement {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or what went wrong when it was tried. */
  readonly detail: string;
  /** The command or action that mends it. */
  readonly fix?: string;
}

/** What is wrong with a machine, and what mends it. */
export interface MachineFault {
  readonly message: string;
  readonly fix?: string;
}

/** A machine that exists without tilebed, as it was found. */
export interface MachineReport {
  readonly node: string;
  /** Where it is reached. */
  readonly at: string;
  /** In words, by what was asked, such as `memory`; empty where it does not answer. */
  readonly facts: Readonly<Record<string, string>>;
  /** What keeps the testbed from working. */
  readonly problems: readonly MachineFault[];
  /** What makes figures worse than they could be. */
  readonly warnings: readonly MachineFault[];
}

/** One thing that `up` does. Data first: a plan is printed by `--dry-run` and compared in golden files. */
export interface Step {
  /** Such as "create the folder of edge0". */
  readonly title: string;
  readonly node?: string;
  /** The exact actions, one after another: a command's argument array, or a file and its content. */
  readonly actions: readonly (readonly string[])[];
  /** True when there is nothing to do. */
  done(): Promise<boolean>;
  /** @param say how far it is, in a few words that replace the ones before */
  apply(signal: AbortSignal, say?: (text: string) => void): Promise<void>;
}

export interface ProvisionedNode {
  readonly spec: TestbedNode;
  /** The address that the node really has: the local provider maps it to loopback. */
  readonly address: string;
  readonly transport: Transport;
  readonly faults: NodeFaults;
  /** A folder on the node that is the testbed's own. */
  readonly folder: string;
  /** The Node.js executable on the node. */
  readonly node: string;
  /** This machine has no way to the node's address: the host role then runs on the gateway. */
  readonly apart?: true;
}

export interface ProviderContext {
  readonly testbed: Testbed;
  /** `.tilebed/NAME/` beside the testbed's file. */
  readonly stateFolder: string;
}

/** A trace of some testbed on this machine. */
export interface OwnerMark {
  /** Twelve hexadecimal digits, a hash of the state folder. */
  readonly id: string;
  /** Where the trace tells it. */
  readonly stateFolder?: string;
  /** A command works with it at the moment. */
  readonly alive?: boolean;
}

export interface Provider {
  readonly name: string;
  /** Of a testbed, or of this machine where none is named: it may depend on the provider's own block. */
  capabilities(testbed?: Testbed): Promise<ReadonlySet<Capability>>;
  /** Wishes that become a warning where they cannot be kept; all others are an error then. */
  readonly lenient: ReadonlySet<Capability>;
  /** How the nodes' addresses come to be, where they are not just the testbed's; for `status`. */
  readonly addressNote?: string;
  /**
   * An address of this machine that nodes reach, and from which it reaches them: there the relay listens
   * that shapes links where the kernel cannot. Without one, such wishes are not kept.
   */
  relayAddress?(context: ProviderContext): string | undefined;
  /** What this machine must have, each tried for real: for a testbed, or for any at all. */
  requirements(testbed?: Testbed): Promise<readonly Requirement[]>;
  /** A look at machines that exist already, all at once; where there are none such, it is missing. */
  preflight?(context: ProviderContext): Promise<readonly MachineReport[]>;
  plan(context: ProviderContext): Promise<readonly Step[]>;
  nodes(context: ProviderContext): Promise<readonly ProvisionedNode[]>;
  /**
   * Says that somebody works with the testbed, where what `up` has changed would else be taken back by itself.
   * Resolves with the milliseconds until it wants to hear that again.
   */
  keepAlive?(context: ProviderContext): Promise<number>;
  /** Removes all that `up` made, known or found by ownership marks; returns what it removed. */
  down(context: ProviderContext): Promise<readonly string[]>;
  /**
   * Traces of any testbeds at all, for `down --orphans`, which calls `down` with the state folder of those
   * that are dead, and an empty testbed: marks must be enough to remove them.
   *
   * @param testbed on the machines that it names, where those exist without tilebed
   */
  owners?(testbed?: Testbed): Promise<readonly OwnerMark[]>;
}
