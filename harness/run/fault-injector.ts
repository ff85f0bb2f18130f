/** Does to nodes what the experiment asks for, at its time, and takes back whatever still lasts. */
import type { NodeFaults, Undo } from '../providers/provider.ts';
import type { NodeFault } from '../spec/resolved.ts';

/** What faults are done to. */
export interface FaultTarget {
  /** Undefined of a node that takes no part in this trial. */
  faultsOf(node: string): NodeFaults | undefined;
  kill(node: string): Promise<void>;
  /** Starts a node that was killed, or has not been there yet. */
  start(node: string): Promise<void>;
}

/** Who writes down what was done. Times are milliseconds after the start signal. */
export interface FaultNotes {
  begun(fault: NodeFault, atMs: number): void;
  ended(fault: NodeFault, atMs: number): void;
  /** Something that was asked for did not come about. */
  degrade(reason: string): void;
}

export class FaultInjector {
  readonly #faults: readonly NodeFault[];
  readonly #target: FaultTarget;
  readonly #notes: FaultNotes;
  /** Of what is still to come, each with what to tell should it never come. */
  readonly #timers = new Map<NodeJS.Timeout, (() => void) | undefined>();
  /** Of faults that last; those of one node are taken back newest first. */
  readonly #undos = new Map<NodeFault, Undo>();
  /** Faults under way: a trial's end waits for them, so that nothing is left half done. */
  readonly #running = new Set<Promise<void>>();
  #startedAtMs = 0;
  #ended = false;

  constructor(faults: readonly NodeFault[], target: FaultTarget, notes: FaultNotes) {
    this.#faults = faults.filter(({ node }) => target.faultsOf(node) !== undefined);
    this.#target = target;
    this.#notes = notes;
  }

  /** The start signal has been given. */
  begin(): void {
    this.#startedAtMs = performance.now();
    for (const fault of this.#faults) {
      const tooLate = () => {
        const { verb, node, atMs } = fault;
        this.#notes.degrade(`the trial was over before ${atMs} ms: ${verb} ${node} did not happen`);
      };
      this.#after(fault.atMs, () => this.#inflict(fault), tooLate);
    }
  }

  /** Nodes that cannot hear of the trial's end: what was done to them lasts. */
  get unreachable(): ReadonlySet<string> {
    const lasting = [...this.#undos.keys()].filter(({ verb }) => verb !== 'slow');
    return new Set(lasting.map(({ node }) => node));
  }

  /** Nothing happens any more; what lasts is taken back when it resolves. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const timer of this.#timers.keys()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#running);
    for (const [fault, undo] of [...this.#undos].reverse()) {
      this.#undos.delete(fault);
      await undo().catch((error) => this.#failed(fault, error));
    }
  }

  /** Tells which faults the trial was too short for. To be called when it is over, before `end`. */
  tellMissed(): void {
    for (const tell of this.#timers.values()) tell?.();
  }

  #after(ms: number, work: () => Promise<void>, missed?: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const running = work().finally(() => this.#running.delete(running));
      this.#running.add(running);
    }, ms);
    this.#timers.set(timer, missed);
  }

  get #nowMs(): number {
    return Math.round(1000 * (performance.now() - this.#startedAtMs)) / 1000;
  }

  async #inflict(fault: NodeFault): Promise<void> {
    this.#notes.begun(fault, this.#nowMs);
    try {
      const undo = await this.#carryOut(fault);
      if (undo === undefined) return;
      this.#undos.set(fault, undo);
      if (fault.forMs === undefined || this.#ended) return;
      this.#after(fault.forMs, () => this.#takeBack(fault));
    } catch (error) {
      this.#failed(fault, error);
    }
  }

  async #takeBack(fault: NodeFault): Promise<void> {
    const undo = this.#undos.get(fault);
    this.#undos.delete(fault);
    try {
      await undo?.();
      this.#notes.ended(fault, this.#nowMs);
    } catch (error) {
      this.#failed(fault, error);
    }
  }

  async #carryOut({ verb, node, share }: NodeFault): Promise<Undo | undefined> {
    const faults = this.#target.faultsOf(node)!;
    switch (verb) {
      case 'kill':
        await this.#target.kill(node);
        return undefined;
      case 'return':
      case 'join':
        await this.#target.start(node);
        return undefined;
      case 'freeze':
        return faults.freeze();
      case 'slow':
        return faults.slow(share!);
      case 'cut':
        return faults.cut();
      default:
        return verb satisfies never;
    }
  }

  #failed({ verb, node }: NodeFault, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#notes.degrade(`${verb} ${node} failed: ${message}`);
  }
}
