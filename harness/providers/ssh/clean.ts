/** Takes away all that a testbed has on a machine, found by its marks: no record is needed. */
import { NETPLAN_COMMANDS } from '../../../netplan/scripts.ts';
import { chainName, MEND } from './faults.ts';
import { PUT_GOVERNOR_BACK } from './governor.ts';
import type { OwnNames } from './hosts.ts';
import { sliceName } from './limits.ts';
import { receiverName } from './links.ts';
import type { Machine } from './machine.ts';
import { siteMark } from './marks.ts';

/** Runs as the user, whose processes they are; each line of output is something that was removed. */
const END = `mark="$1"
round=0
while [ $round -lt 200 ]; do
  files=$(grep -l -F -e "$mark" /proc/[0-9]*/environ 2> /dev/null) || exit 0
  for file in $files; do
    pid="\${file#/proc/}"; pid="\${pid%/environ}"
    [ $round = 0 ] && echo "process $pid"
    kill -s KILL "$pid" 2> /dev/null
  done
  round=$((round + 1)); sleep 0.05
done`;

/**
 * Runs as root, or as the user where root is not to be had: then there are only folders. Of one node, where
 * it is named and others remain on the machine; else of all.
 */
const REMOVE = `id="$1"; folder="$2"; receiver="$3"; node="$4"; slice="$5"
if [ -n "$node" ]; then
  [ -d "$folder/nodes/$node" ] && echo "node $node"
  rm -rf "$folder/nodes/$node" "$folder/enter/$node"
  rmdir "$folder/nodes" 2> /dev/null && node=
  [ -d "$folder" ] || node=
fi
if [ -z "$node" ]; then
record="$folder/governor"
${PUT_GOVERNOR_BACK}
fi
if [ -z "$node" ] && [ -f "$folder/link" ]; then
  device=$(sed 's/.*"device":"\\([^"]*\\)".*/\\1/' "$folder/link")
  tc qdisc del dev "$device" root 2> /dev/null
  tc qdisc del dev "$device" ingress 2> /dev/null
  ip link delete "$receiver" 2> /dev/null
  echo "the shaping of $device"
fi
if [ -d "/sys/fs/cgroup/tilebed.slice/tilebed-$id.slice" ]; then
  systemctl stop "$slice" && echo "slice $slice"
  for each in /run/systemd/system.control/"\${slice%.slice}".slice.d /run/systemd/system.control/"\${slice%.slice}"-*.slice.d; do
    if [ -d "$each" ]; then rm -r "$each"; fi
  done
  systemctl daemon-reload
fi
for root in /sys/fs/cgroup/cpu /sys/fs/cgroup/cpuset /sys/fs/cgroup/memory /sys/fs/cgroup; do
  for group in "$root/tilebed-$id-"*; do
    [ -d "$group" ] || continue
    case $group in *.slice) continue ;; esac
    if [ -n "$4" ] && [ "$group" != "$root/tilebed-$id-$4" ]; then continue; fi
    round=0
    until rmdir "$group" 2> /dev/null || [ $round = 100 ]; do round=$((round + 1)); sleep 0.05; done
    echo "control group $group"
  done
done
[ -z "$node" ] && [ -d "$folder" ] || exit 0
for each in "$folder"/nodes/*; do [ -d "$each" ] && echo "node \${each##*/}"; done
rm -rf "$folder"
echo "folder $folder"`;

interface CleanOptions {
  readonly asRoot: boolean;
  /** A node whose machine may still be that of others. */
  readonly only?: string;
}

/** Returns what was removed. Rejects with a TilebedError (FAILED). */
export async function cleanMachine(
  machine: Machine,
  names: OwnNames,
  { asRoot, only }: CleanOptions,
): Promise<readonly string[]> {
  const removed = [await machine.run(['sh', '-c', END, 'sh', siteMark(names, only)])];
  if (asRoot) {
    const mend = ['sh', '-c', MEND, 'sh', chainName(names, machine.node)];
    const { exitCode } = await machine.try(mend, { asRoot });
    if (exitCode === 0) removed.push('rules that dropped packets');
  }
  const remove = ['sh', '-c', REMOVE, 'sh', names.id, names.folder, receiverName(names)];
  remove.push(only ?? '', sliceName(names, only));
  removed.push(await machine.run(remove, { asRoot }));
  // Last: the connection may go with the address.
  if (asRoot && only === undefined)
    removed.push(await machine.run(NETPLAN_COMMANDS.remove(names.id), { asRoot }));
  return removed
    .flatMap((text) => text.split('\n'))
    .filter(Boolean)
    .map((each) => `${each} of ${machine.node}`);
}
