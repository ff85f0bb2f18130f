/** Shows tasks while they run: a live list on a terminal, plain lines elsewhere, nothing if asked so. */
import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import { type RunTasks, runSilently, type Task, type TaskOptions } from '../tasks.ts';
import { hasColour, type OutputOptions } from './output.ts';

/** After this a task that still runs is announced. */
const LONG_MS = 1000;

export function progressFor({ quiet, verbose }: OutputOptions): RunTasks {
  if (quiet) return runSilently;
  if (canShowLive(process.stderr)) return runLive;
  return (tasks, options) =>
    runSilently(
      tasks.map((task) => inLines(task, verbose)),
      options,
    );
}

/** A list that is drawn over and over wants a terminal, and one that is wide enough for its lines. */
function canShowLive({ isTTY, columns }: NodeJS.WriteStream): boolean {
  return isTTY && columns >= 40 && process.env['TERM'] !== 'dumb';
}

async function runLive(tasks: readonly Task[], { signal, concurrent = false }: TaskOptions) {
  const list = new Listr(
    tasks.map((task) => ({
      title: task.title,
      task: async (_context: unknown, shown: { title?: string | undefined; output: string }) => {
        signal.throwIfAborted();
        await task.run({
          signal,
          say: (text) => {
            shown.output = text;
          },
          conclude: (text) => {
            shown.title = `${task.title}: ${text}`;
          },
        });
      },
    })),
    {
      concurrent,
      // Interrupts are handled in one place, and that is not a progress bar.
      registerSignalListeners: false,
      renderer: 'default',
      rendererOptions: {
        collapseErrors: true,
        showErrorMessage: false,
        logger: new ListrLogger({
          processOutput: new ProcessOutput(process.stderr, process.stderr),
          useIcons: true,
        }),
      },
      forceTTY: true,
      ...(hasColour(process.stderr) ? {} : { forceUnicode: false }),
    },
  );
  await list.run();
}

/** A line when a task has ended, and one before that when it takes long; more only if asked for. */
function inLines(task: Task, verbose: boolean): Task {
  const write = (line: string) => process.stderr.write(`${line}\n`);
  return {
    title: task.title,
    run: async (context) => {
      let conclusion = 'done';
      const patience = setTimeout(() => write(`${task.title} ...`), LONG_MS);
      try {
        await task.run({
          ...context,
          say: (text) => {
            if (verbose) write(`  ${task.title}: ${text}`);
          },
          conclude: (text) => {
            conclusion = text;
          },
        });
      } finally {
        clearTimeout(patience);
      }
      write(`${task.title}: ${conclusion}`);
    },
  };
}
