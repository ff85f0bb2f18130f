/** Runs one repetition: starts the roles, injects faults, waits, and cleans up whatever happens. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { TilebedError } from '../../runtime/errors.ts';
import type { Endpoint } from '../../runtime/net/endpoint.ts';
import type { RelayAccess } from '../../runtime/relay/config.ts';
import type {
  EdgeConfig,
  FrameSource,
  GatewayConfig,
  HostConfig,
  ModelFiles,
  RoleConfig,
  Security,
  Work,
} from '../../runtime/roles/config.ts';
import type { ClockOffset, RoleEvent } from '../../runtime/roles/events.ts';
import type { CpuShares } from '../../runtime/roles/pace.ts';
import { strategyOn } from '../../runtime/schedule/strategies.ts';
import type { NodeFaults } from '../providers/provider.ts';
import type { Trace, TrialRecord } from '../results/format.ts';
import { rateOfSource } from '../spec/rate.ts';
import type { Experiment } from '../spec/resolved.ts';
import type { TaskContext } from '../tasks.ts';
import { sourceSeed } from './assets.ts';
import { FaultInjector } from './fault-injector.ts';
import { TrialJournal } from './journal.ts';
import type { Repetition } from './plan.ts';
import { RoleProcess, type RoleSite } from './role-process.ts';

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

export interface TrialOutcome {
  readonly record: TrialRecord;
  readonly trace: Trace;
  readonly clockOffsets: Readonly<Record<string, ClockOffset>>;
}

/** For nodes to take leave when all is done, and for the gateway's end to be noticed. */
const GRACE_MS = 10_000;

/** Rejects only when the signal is aborted: whatever else goes wrong is in the record. */
export async function runTrial(setup: TrialSetup, context: TaskContext): Promise<TrialOutcome> {
  const startedAt = new Date().toISOString();
  const trial = new TrialRun(setup, context);
  const timeout = AbortSignal.timeout(setup.experiment.timeoutMs);
  try {
    await untilAborted(trial.play(), AbortSignal.any([context.signal, timeout]));
  } catch (error) {
    context.signal.throwIfAborted();
    trial.journal.fail(timeout.aborted ? trial.describeTimeout() : describe(error));
  } finally {
    await trial.end();
  }
  const { journal } = trial;
  return {
    record: journal.record(startedAt, setup.order),
    trace: journal.trace(),
    clockOffsets: journal.clockOffsets(),
  };
}

class TrialRun {
  readonly journal: TrialJournal;
  readonly #setup: TrialSetup;
  readonly #context: TaskContext;
  readonly #run = randomUUID();
  readonly #processes: RoleProcess[] = [];
  readonly #injector: FaultInjector;
  /** Of nodes that have become devices. */
  #gateway: Endpoint | undefined;
  #ended = false;

  constructor(setup: TrialSetup, context: TaskContext) {
    this.#setup = setup;
    this.#context = context;
    this.journal = new TrialJournal(setup.repetition, setup.reasons);
    const nodes = new Map([setup.gateway, ...setup.edges].map((node) => [node.name, node]));
    this.#injector = new FaultInjector(
      setup.experiment.faults,
      {
        faultsOf: (node) => nodes.get(node)?.faults,
        kill: async (node) => this.#processOf(node)?.kill(),
        start: (node) => this.#startLate(node),
      },
      this.journal,
    );
  }

  async play(): Promise<void> {
    const { gateway, edges, host, experiment } = this.#setup;
    this.#context.say('starting the gateway');
    const gatewayProcess = await this.#start(gateway, this.#gatewayConfig());
    const endpoint = await gatewayProcess.ready;
    this.#gateway = endpoint;
    this.#context.say('starting the edges');
    const late = new Set(
      experiment.faults.filter(({ verb }) => verb === 'join').map(({ node }) => node),
    );
    const edgeProcesses = await Promise.all(
      edges
        .filter(({ name }) => !late.has(name))
        .map((edge) => this.#start(edge, this.#edgeConfig(edge, edge.frames))),
    );
    await Promise.all(edgeProcesses.map(({ ready }) => ready));
    this.#context.say(this.#progress());
    const hostProcess = await this.#start(host, this.#hostConfig(endpoint));
    const hostExit = await hostProcess.exited;
    if (!this.journal.finished) {
      // The gateway's own end says more than the host's view of it.
      const gatewayExit = await Promise.race([gatewayProcess.exited, delay(GRACE_MS)]);
      const cause = gatewayExit
        ? gatewayProcess.failure(gatewayExit)
        : hostProcess.failure(hostExit);
      throw new TilebedError('FAILED', `${cause.message}, with ${this.#progress()}`, { cause });
    }
    this.#injector.tellMissed();
    await this.#endUnreachable();
    await this.#awaitLeave(this.#processes);
  }

  /** Ends whatever still runs. */
  async end(): Promise<void> {
    this.#ended = true;
    // Faults are taken back last: a node that is thawed now must not tell of its awakening.
    await this.#killAll();
    await this.#injector.end();
    await this.#killAll();
  }

  async #killAll(): Promise<void> {
    await Promise.all(
      this.#processes.map(async (process) => {
        await process.kill();
        await process.exited;
      }),
    );
  }

  describeTimeout(): string {
    return `timed out after ${this.#setup.experiment.timeoutMs / 1000} s, with ${this.#progress()}`;
  }

  async #start(site: RoleSite, config: RoleConfig): Promise<RoleProcess> {
    const process = await RoleProcess.start(site, config, {
      logs: this.#setup.logsOf(site.name),
      onEvent: (event) => this.#onEvent(site.name, event),
    });
    this.#processes.push(process);
    // It may have been started while everything else was being ended.
    if (this.#ended) await process.kill();
    return process;
  }

  async #awaitLeave(processes: readonly RoleProcess[]): Promise<void> {
    const patience = new AbortController();
    const late = delay(GRACE_MS, undefined, { signal: patience.signal }).catch(() => {});
    for (const process of processes) {
      const exit = await Promise.race([process.exited, late]);
      if (!exit) this.journal.degrade(`${process.name} did not end and was killed`);
    }
    patience.abort();
  }

  #onEvent(node: string, event: RoleEvent): void {
    this.journal.add(node, event);
    if (event.event === 'frame' || event.event === 'frame-lost')
      this.#context.say(this.#progress());
    if (event.event === 'finished') this.#setup.watch.finished();
    if (event.event !== 'started') return;
    this.#setup.watch.started();
    this.#injector.begin();
  }

  /** The latest of a node's processes. */
  #processOf(node: string): RoleProcess | undefined {
    return this.#processes.findLast(({ name }) => name === node);
  }

  /** Starts an edge while the trial runs. The frames of one that was killed are lost already. */
  async #startLate(node: string): Promise<void> {
    const edge = this.#setup.edges.find(({ name }) => name === node);
    if (edge === undefined || this.#ended) return;
    const process = await this.#start(edge, this.#edgeConfig(edge, []));
    process.ready.catch((error: Error) => {
      if (!this.#ended && !this.journal.finished) this.journal.degrade(error.message);
    });
  }

  /** Who cannot hear that the trial is over, or is not there yet, is not waited for. */
  async #endUnreachable(): Promise<void> {
    const { unreachable } = this.#injector;
    await this.#injector.end();
    for (const process of this.#processes) {
      const { name, isReady } = process;
      if (process.name === this.#setup.host.name) continue;
      if (!isReady) this.journal.degrade(`${name} was not ready before the trial was over`);
      if (!isReady || unreachable.has(name) || this.journal.isLost(name)) await process.kill();
    }
  }

  #progress(): string {
    const frames = this.#setup.edges.reduce((sum, { frames }) => sum + frames.length, 0);
    return `${this.journal.framesDone} of ${frames} frames done`;
  }

  #work({ model, threads, cpuShares }: TrialNode): Work {
    const { repetition, experiment } = this.#setup;
    const { grid, strategy, precision, parameters } = repetition;
    const { engine } = experiment;
    const { edges, fusedLayers } = parameters;
    const slow = cpuShares === undefined ? {} : { cpuShares };
    const work = { model, threads, ...slow, fusedLayers, grid, precision, engine };
    return { ...work, strategy: strategyOn(edges, strategy) };
  }

  #common(name: string) {
    const { security, experiment } = this.#setup;
    return { name, run: this.#run, security, liveness: experiment.liveness };
  }

  #gatewayConfig(): GatewayConfig {
    const { gateway, edges, experiment, sharesMedium } = this.#setup;
    return {
      ...this.#common(gateway.name),
      role: 'gateway',
      listen: { address: gateway.address, port: 0 },
      work: this.#work(gateway),
      edges: edges.map(({ name, address, frames }) => ({ name, address, frames: frames.length })),
      framesInFlight: experiment.framesInFlight,
      threshold: experiment.threshold,
      labels: experiment.model.labels,
      medium: sharesMedium ? 'shared' : 'links',
      warmup: experiment.warmup,
    };
  }

  #edgeConfig(edge: TrialNode, frames: readonly FrameSource[]): EdgeConfig {
    const { repetition, experiment } = this.#setup;
    const { framesInFlight, warmup } = experiment;
    const gateway = this.#gateway!;
    return {
      ...this.#common(edge.name),
      ...(edge.relay === undefined ? {} : { relay: edge.relay }),
      role: 'edge',
      listen: { address: edge.address, port: 0 },
      gateway: { address: gateway.address, port: gateway.port },
      work: this.#work(edge),
      frames,
      rate: rateOfSource(repetition.rate, sourceSeed(experiment.seed, edge.name, 'arrivals')),
      edgeCount: this.#setup.edges.length,
      framesInFlight,
      warmup,
    };
  }

  #hostConfig({ address, port }: Endpoint): HostConfig {
    return { ...this.#common(this.#setup.host.name), role: 'host', gateway: { address, port } };
  }
}

function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  work.catch(() => {});
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  return Promise.race([work, aborted]);
}

function describe(error: unknown): string {
  if (!(error instanceof TilebedError)) return String(error);
  return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
}
