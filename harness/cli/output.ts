/**
 * What the command line says, and where: results on standard output, all else on standard error. With
 * `--format json` standard output holds one JSON value and nothing more.
 */
import { styleText } from 'node:util';
import { TilebedError } from '../../runtime/errors.ts';
import { SpecError } from '../spec/faults.ts';

export interface OutputOptions {
  readonly format: 'text' | 'json';
  readonly quiet: boolean;
  readonly verbose: boolean;
}

type Style = Parameters<typeof styleText>[0];

export class Output {
  readonly options: OutputOptions;

  constructor(options: OutputOptions) {
    this.options = options;
  }

  /** The verb's result in both formats. */
  result(value: unknown, text: string): void {
    const shown = this.options.format === 'json' ? JSON.stringify(value, null, 2) : text;
    if (shown !== '') process.stdout.write(`${shown}\n`);
  }

  /** Something worth knowing on the way. */
  note(line: string): void {
    if (!this.options.quiet) process.stderr.write(`${line}\n`);
  }

  warn(line: string): void {
    this.note(`${paint('yellow', 'warning:')} ${line}`);
  }

  error(error: unknown): void {
    process.stderr.write(`${describeError(error, this.options.verbose)}\n`);
  }
}

export function paint(style: Style, text: string): string {
  return hasColour(process.stderr) ? styleText(style, text) : text;
}

/** https://no-color.org: any value but an empty one. */
export function hasColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

function describeError(error: unknown, verbose: boolean): string {
  // A fault begins with its place, so that terminals and editors can follow it.
  if (error instanceof SpecError) return error.message;
  const prefix = paint('red', 'error:');
  if (!(error instanceof TilebedError)) {
    const stack = error instanceof Error ? error.stack : String(error);
    return `${prefix} this is a bug in tilebed, please report it\n${stack}`;
  }
  const lines = [`${prefix} ${error.message}`];
  if (error.hint !== undefined && error.hint !== '') lines.push(`  hint: ${error.hint}`);
  if (verbose) lines.push(...causes(error).map((cause) => `  cause: ${cause}`));
  return lines.join('\n');
}

function causes(error: Error): string[] {
  const { cause } = error;
  return cause instanceof Error ? [cause.stack ?? cause.message, ...causes(cause)] : [];
}
