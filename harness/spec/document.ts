/**
 * A YAML file with its places: finds line and column of any key or value by its path, so that every
 * later check can point into the user's text.
 */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from 'yaml';
import { TilebedError } from '../../runtime/errors.ts';
import { SpecError, type SpecFault } from './faults.ts';
import { syntaxFaults } from './syntax-faults.ts';

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
};

export type Path = readonly (string | number)[];

export class SpecDocument {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;

  private constructor(file: string, text: string, document: Document.Parsed, lines: LineCounter) {
    this.file = file;
    this.text = text;
    this.#document = document;
    this.#lines = lines;
    this.value = document.toJS({ maxAliasCount: 100 });
  }

  /** Rejects with a TilebedError (INPUT): the file cannot be read, or is not one YAML document. */
  static async read(file: string): Promise<SpecDocument> {
    const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      const reason = UNREADABLE[cause.code ?? ''] ?? cause.message;
      throw new TilebedError('INPUT', `cannot read ${file}: ${reason}`, { cause });
    });
    return SpecDocument.parse(text, file);
  }

  static parse(text: string, file: string): SpecDocument {
    const shown = displayPath(file);
    const lines = new LineCounter();
    const documents = parseAllDocuments(text, {
      lineCounter: lines,
      uniqueKeys: true,
      prettyErrors: false,
    });
    const [document, second] = Array.isArray(documents) ? documents : [];
    if (document === undefined) {
      throw new SpecError([{ file: shown, line: 1, column: 1, message: 'the file is empty' }]);
    }
    const place = (offset: number) => {
      const { line, col } = lines.linePos(offset);
      return { file: shown, line: Math.max(1, line), column: Math.max(1, col) };
    };
    if (document.errors.length > 0) {
      const faults = document.errors.map(({ pos, code, message }) => ({
        ...place(pos[0]),
        ...(code === 'DUPLICATE_KEY'
          ? { message: duplicateMessage(document, pos[0], (offset) => place(offset).line) }
          : { message: message.split('\n')[0] ?? message }),
        ...(code === 'TAB_AS_INDENT' ? { hint: 'indent with spaces, two for each level' } : {}),
      }));
      throw new SpecError(syntaxFaults(faults, hasKeys(document)));
    }
    if (second !== undefined) {
      throw new SpecError([
        { ...place(second.range[0]), message: 'only one YAML document is allowed in a file' },
      ]);
    }
    return new SpecDocument(file, text, document, lines);
  }

  /** A fault at the value that a path leads to, or at its key. */
  fault(
    path: Path,
    message: string,
    options: { hint?: string | undefined; at?: 'key' | 'value' } = {},
  ): SpecFault {
    const offset = this.#offset(path, options.at ?? 'value');
    const { line, col } = this.#lines.linePos(offset);
    const { hint } = options;
    return {
      file: displayPath(this.file),
      line,
      column: col,
      message,
      ...(hint === undefined ? {} : { hint }),
    };
  }

  #offset(path: Path, at: 'key' | 'value'): number {
    let node: unknown = this.#document.contents;
    let offset = rangeStart(node) ?? 0;
    for (const [depth, step] of path.entries()) {
      const last = depth === path.length - 1;
      if (isMap(node)) {
        const pair = node.items.find(
          ({ key }) => isScalar(key) && String(key.value) === String(step),
        );
        if (pair === undefined) return offset;
        const wanted = last && at === 'key' ? pair.key : (pair.value ?? pair.key);
        offset = rangeStart(wanted) ?? rangeStart(pair.key) ?? offset;
        node = pair.value;
      } else if (isNode(node) && 'items' in node) {
        node = (node.items as readonly unknown[])[Number(step)];
        offset = rangeStart(node) ?? offset;
      } else return offset;
    }
    return offset;
  }
}

/** Whether it begins as our files do, with a key of one word: prose, code and pictures do not. */
function hasKeys({ contents }: Document.Parsed): boolean {
  const key = isMap(contents) ? contents.items[0]?.key : undefined;
  return isScalar(key) && /^[a-z]\w*$/i.test(String(key.value));
}

function rangeStart(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}

/** Relative where that is shorter: what an editor's terminal makes a link of. */
export function displayPath(file: string): string {
  const short = relative(process.cwd(), file);
  return short !== '' && short.length < file.length && !short.startsWith('../..') ? short : file;
}

/** Names the key, and the line of the first of the two. */
function duplicateMessage(
  document: Document.Parsed,
  offset: number,
  lineOf: (offset: number) => number,
): string {
  let message = 'this key stands here twice; each may be given once';
  visit(document, {
    Map: (_, { items }) => {
      const second = items.find(({ key }) => rangeStart(key) === offset)?.key;
      if (!isScalar(second)) return;
      const first = items.find(({ key }) => isScalar(key) && key.value === second.value)?.key;
      const line = lineOf(rangeStart(first) ?? offset);
      message = `\`${second.value}\` stands here twice, first on line ${line}; each may be given once`;
    },
  });
  return message;
}
