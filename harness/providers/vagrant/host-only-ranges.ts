/**
 * Which addresses VirtualBox allows in host-only networks: since version 6.1.28 those of 192.168.56.0/21, or
 * what /etc/vbox/networks.conf says instead, in lines of `* CIDR CIDR ...`.
 */
import { readFile } from 'node:fs/promises';
import { parseAddress, subnetOf } from '../../spec/addresses.ts';

const FILE = '/etc/vbox/networks.conf';
const DEFAULT_RANGES = ['192.168.56.0/21'];

/** Undefined where the subnet is allowed. */
export async function hostOnlyProblem(subnet: string, file = FILE): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const ranges = text === undefined ? DEFAULT_RANGES : allowedRanges(text);
  if (ranges.some((range) => contains(range, subnet))) return undefined;
  const source = text === undefined ? `without ${file}` : `by ${file}`;
  return `${subnet} is not in ${ranges.join(', ') || 'any range'}, which is all that VirtualBox allows ${source}`;
}

/** Of IPv4. */
export function allowedRanges(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('*'))
    .flatMap((line) => line.slice(1).trim().split(/\s+/))
    .filter((range) => /^\d+(\.\d+){3}\/\d+$/.test(range));
}

function contains(range: string, subnet: string): boolean {
  const [text = '', prefixText = ''] = range.split('/');
  const inner = subnetOf(subnet);
  const prefix = Number(prefixText);
  if (prefix > inner.prefix) return false;
  const size = 2 ** (32 - prefix);
  return Math.floor((parseAddress(text) ?? 0) / size) === Math.floor(inner.network / size);
}
