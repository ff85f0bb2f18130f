/** A role's handle on its compute thread. */
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { TilebedError } from '../errors.ts';
import {
  arraysOf,
  type ComputeReply,
  type ComputeRequest,
  type ComputeResult,
  type ComputeRun,
  type ComputeSetup,
} from './compute-protocol.ts';

interface Waiting {
  resolve(result: ComputeResult): void;
  reject(error: Error): void;
}

export class ComputeThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Resolves when the segment is open. Rejects with a TilebedError (FAILED) that says why it cannot be. */
  static async open(setup: ComputeSetup): Promise<ComputeThread> {
    const worker = new Worker(new URL('./compute-worker.js', import.meta.url), {
      workerData: setup,
      // An engine's library may read its settings from the process' environment, not from a copy of it.
      env: SHARE_ENV,
      // What the thread keeps is the engine's, outside V8: its own heap can be small.
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    });
    const thread = new ComputeThread(worker);
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (reply: ComputeReply) => {
        if (reply.kind === 'open') resolve();
        else if (reply.kind === 'error' && reply.id === undefined) reject(failed(reply));
        else thread.#settle(reply);
      });
      worker.on('error', (error) => {
        reject(error);
        thread.#fail(error);
      });
      worker.on('exit', () => thread.#fail(new TilebedError('FAILED', 'the compute thread ended')));
    });
    return thread;
  }

  /** Runs are computed in the order of the calls. Arrays of the input are handed over for good. */
  run(run: ComputeRun): Promise<ComputeResult> {
    const id = this.#nextId++;
    const buffers = new Set(arraysOf(run).map(({ buffer }) => buffer as ArrayBuffer));
    this.#post({ kind: 'run', id, run }, [...buffers]);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Frames begin: what the node did before is not on the account of the device that it is to be. */
  begin(): void {
    this.#post({ kind: 'forgive' });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #post(request: ComputeRequest, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  #settle(reply: ComputeReply): void {
    if (reply.kind === 'open' || reply.id === undefined) return;
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === 'result') waiting?.resolve(reply.result);
    else waiting?.reject(failed(reply));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function failed(reply: ComputeReply & { kind: 'error' }): TilebedError {
  return new TilebedError(
    'FAILED',
    reply.message,
    reply.hint === undefined ? {} : { hint: reply.hint },
  );
}
