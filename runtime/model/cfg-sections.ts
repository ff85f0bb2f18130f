/** The surface of a Darknet cfg: sections of `key = value` lines, each with its place in the file. */
import { TilebedError } from '../errors.ts';

interface Entry {
  readonly value: string;
  readonly line: number;
}

/** One `[section]`; its getters check and remember what was asked for. */
export class Section {
  readonly name: string;
  readonly line: number;
  readonly #file: string;
  readonly #entries = new Map<string, Entry>();

  constructor(name: string, line: number, file: string) {
    this.name = name;
    this.line = line;
    this.#file = file;
  }

  add(key: string, value: string, line: number): void {
    const earlier = this.#entries.get(key);
    if (earlier !== undefined) {
      throw this.error(
        `\`${key}\` is given twice in [${this.name}], first on line ${earlier.line}`,
        line,
      );
    }
    this.#entries.set(key, { value, line });
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  text(key: string, fallback: string): string {
    return this.#entries.get(key)?.value ?? fallback;
  }

  /** A whole number in [minimum, maximum]; without a fallback the key must be there. */
  integer(key: string, range: { minimum: number; maximum: number; fallback?: number }): number {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      if (range.fallback !== undefined) return range.fallback;
      throw this.error(`[${this.name}] needs \`${key}\``);
    }
    const value = Number(entry.value);
    if (!Number.isInteger(value) || value < range.minimum || value > range.maximum) {
      throw this.error(
        `\`${key}\` must be a whole number from ${range.minimum} to ${range.maximum}, not \`${entry.value}\``,
        entry.line,
      );
    }
    return value;
  }

  /** A comma-separated list of finite numbers. */
  numbers(key: string): number[] {
    const entry = this.#entries.get(key);
    if (entry === undefined) throw this.error(`[${this.name}] needs \`${key}\``);
    const values = entry.value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    return values.map((part) => {
      const value = Number(part);
      if (!Number.isFinite(value)) {
        throw this.error(`\`${key}\` must be a list of numbers; \`${part}\` is none`, entry.line);
      }
      return value;
    });
  }

  error(message: string, line = this.line, hint?: string): TilebedError {
    return new TilebedError('INPUT', message, {
      position: { file: this.#file, line },
      ...(hint === undefined ? {} : { hint }),
    });
  }

  lineOf(key: string): number {
    return this.#entries.get(key)?.line ?? this.line;
  }
}

/** Splits a cfg into its sections. `#` and `;` start a comment where a line starts with them. */
export function parseSections(text: string, file: string): Section[] {
  const sections: Section[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue;
    const header = /^\[(.+)\]$/.exec(content);
    if (header) {
      sections.push(new Section(header[1]!.trim(), line, file));
      continue;
    }
    const equals = content.indexOf('=');
    const section = sections.at(-1);
    if (equals < 1 || section === undefined) {
      throw new TilebedError('INPUT', `expected a [section] or key=value, found \`${content}\``, {
        position: { file, line },
      });
    }
    section.add(content.slice(0, equals).trim(), content.slice(equals + 1).trim(), line);
  }
  return sections;
}
