/**
 * The dead man's switch of a shaped link. The machine itself takes the shaping back when no tilebed has been
 * heard of for a while: a harness that died, or a laptop that was carried away, leaves no slow machine behind.
 *
 * The deadline stands in a file, in seconds of the machine's uptime, which no correction of its clock moves.
 * Every word of tilebed's moves it; a process of the machine, detached from every connection, waits for it.
 */

import type { Testbed } from '../../spec/resolved.ts';
import { parseDurationMs } from '../../spec/units.ts';
import { type OwnNames, sshBlock } from './hosts.ts';
import { type LinkSite, unshapingScript } from './links.ts';

type Command = readonly string[];

const DEFAULT_RESET = '15m';

/** Seconds without a word from tilebed. */
export function linkResetSeconds(testbed: Pick<Testbed, 'providerBlock'>): number {
  return parseDurationMs(sshBlock(testbed).linkReset ?? DEFAULT_RESET) / 1000;
}

/** The file appears whole, or the guard would read half a number. */
const WRITE_DEADLINE = `deadline() {
  read -r now rest < /proc/uptime
  echo $((\${now%.*} + $2)) > "$1/link-deadline.new" && mv -f "$1/link-deadline.new" "$1/link-deadline"
}`;

/** One guard a machine: who finds another's number in the file goes. Without a deadline the link is free. */
const GUARD = `folder="$1"
echo $$ > "$folder/link-guard"
while read -r guard < "$folder/link-guard" && [ "$guard" = $$ ] && read -r until < "$folder/link-deadline"; do
  read -r now rest < /proc/uptime
  if [ "\${now%.*}" -ge "$until" ]; then
    eval "$2"
    rm -f "$folder/link" "$folder/link-deadline" "$folder/link-guard"
    exit
  fi
  sleep 1
done`;

const START = `${WRITE_DEADLINE}
deadline "$1" "$2" || exit
if [ -d /run/systemd/system ]; then systemd-run --quiet --collect sh -c "$3" sh "$1" "$4"
else setsid sh -c "$3" sh "$1" "$4" < /dev/null > /dev/null 2>&1 & fi`;

/** For root, before anything is shaped. */
export function guardCommand(site: LinkSite, names: OwnNames, seconds: number): Command {
  const undo = unshapingScript(site, names);
  return ['sh', '-c', START, 'sh', names.folder, String(seconds), GUARD, undo];
}

/** For the user, whose the folder is: nothing happens where no link is shaped. */
export function renewCommand({ folder }: OwnNames, seconds: number): Command {
  const script = `${WRITE_DEADLINE}\n[ ! -f "$1/link-deadline" ] || deadline "$1" "$2"`;
  return ['sh', '-c', script, 'sh', folder, String(seconds)];
}

/** For root: the guard goes by itself when its files are gone. */
export function unguardCommand({ folder }: OwnNames): Command {
  return ['rm', '-f', `${folder}/link-guard`, `${folder}/link-deadline`];
}
