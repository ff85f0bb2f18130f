/** The CPUs' frequency governor: set, with what there was before written down, and put back. Shell text only. */

const CPUS = '/sys/devices/system/cpu';

/**
 * For root. What there was before tilebed came is kept, not what an earlier `up` has set; each CPU has its own.
 *
 * @param record where it is written down
 * @param cpus the kernel's folder of CPUs; another one in tests
 */
export function setGovernor(governor: string, record: string, cpus = CPUS): readonly string[] {
  const script = `record="$2"
if [ ! -f "$record" ]; then
  for file in "$3"/cpu[0-9]*/cpufreq/scaling_governor; do echo "$file $(cat "$file")"; done > "$record.new" || exit
  mv "$record.new" "$record" || exit
fi
for file in "$3"/cpu[0-9]*/cpufreq/scaling_governor; do
  echo "$1" > "$file" || { echo "its CPUs do not take the governor $1; they have $(cat "\${file%governor}available_governors")" >&2; exit 1; }
done`;
  return ['sh', '-c', script, 'sh', governor, record, cpus];
}

/** Lines of a script that put back what "$record" says, and say so; nothing where there is no record. */
export const PUT_GOVERNOR_BACK = `if [ -f "$record" ]; then
  while read -r file governor; do echo "$governor" > "$file"; done < "$record"
  rm -f "$record"
  echo "the governor of before is back"
fi`;
