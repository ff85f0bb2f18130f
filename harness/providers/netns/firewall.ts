/**
 * The rule that lets frames pass a testbed's bridge. Where br_netfilter is loaded, as Docker does, even
 * frames between two ports of one bridge go through FORWARD, whose policy Docker sets to DROP.
 */
import { readFile } from 'node:fs/promises';
import type { OwnNames } from './names.ts';

/** Somebody else may be changing rules at the moment. */
const LOCK_PATIENCE_SECONDS = '5';

export function forwardRule(
  action: '--check' | '--insert' | '--delete',
  { bridge, label }: OwnNames,
): readonly string[] {
  return [
    ...['iptables', '--wait', LOCK_PATIENCE_SECONDS, action, 'FORWARD'],
    ...['--in-interface', bridge, '--out-interface', bridge],
    ...['--match', 'comment', '--comment', label, '--jump', 'ACCEPT'],
  ];
}

/** True where frames of bridges go through iptables. */
export async function bridgesAreFiltered(): Promise<boolean> {
  const path = '/proc/sys/net/bridge/bridge-nf-call-iptables';
  return (await readFile(path, 'utf8').catch(() => '0')).trim() === '1';
}
