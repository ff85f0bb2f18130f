/** What all verbs share: options, an output, progress, and one way to end. */
import { Command, Option } from 'commander';
import { TilebedError } from '../../runtime/errors.ts';
import type { RunTasks } from '../tasks.ts';
import { EXIT, exitStatus } from './exit.ts';
import { interruptSignal } from './interrupt.ts';
import { Output, type OutputOptions } from './output.ts';
import { progressFor } from './progress.ts';

export interface VerbContext {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly runTasks: RunTasks;
}

/** An exit status; nothing means that all went well. */
export type VerbResult = Promise<number | undefined>;

export interface VerbSpec {
  readonly name: string;
  readonly summary: string;
  /** Each a command line with what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** Adds arguments and options. */
  readonly define: (command: Command) => void;
  /** Arguments first, then the options' object. */
  readonly run: (context: VerbContext, ...parsed: never[]) => VerbResult;
  /** `report` and its like choose what `--format` means themselves. */
  readonly ownFormat?: boolean;
}

export function verbCommand(spec: VerbSpec): Command {
  const command = new Command(spec.name).description(spec.summary);
  spec.define(command);
  if (!spec.ownFormat) {
    const format = new Option('--format <format>', 'how the result is printed');
    command.addOption(format.choices(['text', 'json']).default('text'));
  }
  command.option('--quiet', 'print the result and errors only');
  command.option('--verbose', 'print more on the way, and the causes of errors');
  command.addHelpText('after', helpText(spec));
  command.action(async (...parsed: unknown[]) => {
    const own = parsed.slice(0, -1);
    const options = own.at(-1) as Partial<OutputOptions> & Record<string, unknown>;
    const output = new Output({
      format: options.format === 'json' && !spec.ownFormat ? 'json' : 'text',
      quiet: options.quiet === true,
      verbose: options.verbose === true,
    });
    process.exitCode = await runVerb(spec, output, own as never[]);
  });
  return command;
}

async function runVerb(spec: VerbSpec, output: Output, parsed: never[]): Promise<number> {
  const signal = interruptSignal((line) => output.note(line));
  try {
    const runTasks = progressFor(output.options);
    return (await spec.run({ output, signal, runTasks }, ...parsed)) ?? EXIT.done;
  } catch (error) {
    if (!signal.aborted) {
      output.error(error);
      return exitStatus(error);
    }
    // What could not be cleaned up is worth a word; that work was broken off is not.
    if (error !== signal.reason && error instanceof TilebedError) output.error(error);
    return EXIT.interrupted;
  }
}

function helpText({ examples }: VerbSpec): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  const lines = examples.map(([command, does]) => `  ${command.padEnd(width)}  ${does}`);
  return `\nExamples:\n${lines.join('\n')}`;
}
