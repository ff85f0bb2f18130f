/** Runs one repetition: starts the roles, injects faults, waits, and cleans up whatever happens. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { TilebedError } from '../../runtime/errors.ts';
import type { Endpoint } from '../../runtime/net/endpoint.ts';
import type { FrameSource, RoleConfig } from '../../runtime/roles/config.ts';
import type { ClockOffset, RoleEvent } from '../../runtime/roles/events.ts';
import type { Trace, TrialRecord } from '../results/format.ts';
import type { TaskContext } from '../tasks.ts';
import { FaultInjector } from './fault-injector.ts';
import { TrialJournal } from './journal.ts';
import { edgeConfig, gatewayConfig, hostConfig } from './role-configs.ts';
import { RoleProcess, type RoleSite } from './role-process.ts';
import type { TrialNode, TrialSetup } from './trial-setup.ts';

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
    const gatewayProcess = await this.#start(gateway, gatewayConfig(this.#setup, this.#run));
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
    const hostProcess = await this.#start(host, hostConfig(this.#setup, this.#run, endpoint));
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

  #edgeConfig(edge: TrialNode, frames: readonly FrameSource[]): RoleConfig {
    return edgeConfig(this.#setup, this.#run, { edge, frames, gateway: this.#gateway! });
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
