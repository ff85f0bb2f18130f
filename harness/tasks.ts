/**
 * Work as data: the core says what is to be done, the command line decides how that looks. Tests and
 * scripts run tasks silently.
 */
export interface TaskContext {
  readonly signal: AbortSignal;
  /** Says how far the task is, in a few words that replace the ones before. */
  readonly say: (text: string) => void;
  /** Says what came of it, beside the title and for good. */
  readonly conclude: (text: string) => void;
}

export interface Task {
  readonly title: string;
  run(context: TaskContext): Promise<void>;
}

export interface TaskOptions {
  readonly signal: AbortSignal;
  /** All at once instead of one after another. */
  readonly concurrent?: boolean;
}

export type RunTasks = (tasks: readonly Task[], options: TaskOptions) => Promise<void>;

/** Runs tasks without a word. Stops at the first failure; with `concurrent`, after all have ended. */
export const runSilently: RunTasks = async (tasks, { signal, concurrent = false }) => {
  const context: TaskContext = { signal, say: () => {}, conclude: () => {} };
  if (concurrent) {
    const outcomes = await Promise.allSettled(tasks.map((task) => task.run(context)));
    const failed = outcomes.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    return;
  }
  for (const task of tasks) {
    signal.throwIfAborted();
    await task.run(context);
  }
};
