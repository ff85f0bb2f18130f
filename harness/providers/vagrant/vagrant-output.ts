/**
 * What `vagrant --machine-readable` says: lines of TIME,MACHINE,TYPE,DATA..., with commas and line ends in
 * the data escaped.
 */

export interface VagrantLine {
  /** The machine's name; empty where none is meant. */
  readonly machine: string;
  /** Such as "ui", "state" or "error-exit". */
  readonly type: string;
  readonly data: readonly string[];
}

/** Undefined for a line that is none, such as what a library of Vagrant's prints. */
export function parseVagrantLine(line: string): VagrantLine | undefined {
  const [time = '', machine = '', type, ...data] = line.split(',');
  if (!/^\d+$/.test(time) || type === undefined) return undefined;
  return { machine, type, data: data.map(unescaped) };
}

/** What is worth showing while it works, as one line. */
export function progressOf({ type, data }: VagrantLine): string | undefined {
  if (type !== 'ui') return undefined;
  const [channel, text = ''] = data;
  if (channel === 'error' || text.trim() === '') return undefined;
  return text
    .replace(/^(==>)?\s*/, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Why it failed, in Vagrant's own words, as one line. */
export function failureOf(lines: readonly VagrantLine[]): string | undefined {
  const exit = lines.findLast(({ type }) => type === 'error-exit');
  const said = lines.findLast(({ type, data }) => type === 'ui' && data[0] === 'error');
  const text = exit?.data.slice(1).join(',') || said?.data[1];
  return text === undefined ? undefined : firstReason(text.replace(/\s+/g, ' ').trim());
}

/** Of several machines' errors in one text the first: the others mostly say the same. */
function firstReason(text: string): string {
  const [, machine, rest] =
    /on the '([^']+)' machine\. Please handle this error then try again: (.*)/.exec(text) ?? [];
  if (machine === undefined || rest === undefined) return text;
  return `${machine}: ${rest.split(' An error occurred while executing the action on')[0]}`;
}

/** The box that Vagrant neither has nor can fetch, where that is why it failed. */
export function missingBox(reason: string): string | undefined {
  return /The box '([^']+)' could not be found/.exec(reason)?.[1];
}

function unescaped(text: string): string {
  return text.replaceAll('%!(VAGRANT_COMMA)', ',').replaceAll('\\n', '\n').replaceAll('\\r', '\r');
}
