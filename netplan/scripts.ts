/**
 * What runs on a machine whose address changes. A mistake must never lock one out: a change is first made
 * in /run/netplan, which no reboot outlives, by a watchdog that is detached from every connection and takes
 * it back unless it is confirmed in time. A lost connection cannot confirm, so it is undone by itself; only
 * a confirmed change reaches /etc/netplan.
 */

const NAME = '60-tilebed.yaml';
/** On a slow machine, and emulated ones are. */
const LONGEST_APPLY_SECONDS = 120;
export const NETPLAN_FILE = `/etc/netplan/${NAME}`;

const VARIABLES = `
file=${NETPLAN_FILE}; trial=/run/netplan/${NAME}; work=/run/tilebed-netplan; kept=/var/lib/tilebed-netplan
end=/run/tilebed-netplan-end
detached() {
  if [ -d /run/systemd/system ]; then systemd-run --quiet --collect "$@"
  else setsid "$@" < /dev/null > /dev/null 2>&1 & fi
}
`;

/** Standard input is the new file. It is checked by netplan itself, beside all others, in a folder apart. */
const CHECK = `${VARIABLES}
folder=$(mktemp -d) || exit
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/etc/netplan"
cp /etc/netplan/*.yaml "$folder/etc/netplan/" 2> /dev/null
cat > "$folder$file"
chmod 600 "$folder"/etc/netplan/*.yaml
netplan generate --root-dir "$folder" > "$folder/said" 2>&1 && exit 0
sed "s#$folder##g" "$folder/said" >&2
exit 1`;

/**
 * What an interface has, written down and put back: netplan forgets what was not made by netplan, such as an
 * address that NetworkManager, a script or a person has given it.
 */
const REMEMBER = `
remember() {
  ip -o -4 address show dev "$1" | awk '{ print $4 }' > "$2/addresses"
  ip -4 route show dev "$1" | grep -v 'proto kernel' > "$2/routes"
}
put_back() {
  ip link set "$1" up
  while read -r each; do ip address add "$each" brd + dev "$1" 2> /dev/null; done < "$2/addresses"
  while read -r each; do ip route add $each dev "$1" 2> /dev/null; done < "$2/routes"
}
`;

/** Waits in the background of the machine. */
const WATCHDOG = `${REMEMBER}
device="$1"; address="$2"; seconds="$3"
file=${NETPLAN_FILE}; trial=/run/netplan/${NAME}; work=/run/tilebed-netplan
remember "$device" "$work"
mkdir -p /run/netplan && mv -f "$work/wanted" "$trial"
netplan apply > "$work/log" 2>&1
while [ "$seconds" -gt 0 ] && [ ! -f "$work/at-once" ]; do
  [ -d "$work/pending" ] || exit 0
  sleep 1; seconds=$((seconds - 1))
done
rmdir "$work/pending" 2> /dev/null || exit 0
rm -f "$trial"
grep -q "$address" "$file" 2> /dev/null || ip address delete "$address" dev "$device"
netplan apply >> "$work/log" 2>&1
put_back "$device" "$work"
touch "$work/taken-back"`;

/**
 * Standard input is the new file. Ends when the watchdog stands: what comes of it is seen from outside. The
 * addresses of a machine are one testbed's at a time.
 */
const APPLY = `${VARIABLES}
umask 077
if [ -f "$kept/owner" ] && [ "$(cat "$kept/owner")" != "$5" ]; then
  echo "another testbed has given this machine its address: \`tilebed down\` that one first" >&2; exit 1
fi
round=0
while [ -d "$end" ] && [ $round -lt ${LONGEST_APPLY_SECONDS} ]; do sleep 1; round=$((round + 1)); done
mkdir -p "$work" || exit
mkdir "$work/pending" 2> /dev/null || { echo "another change is under way there: wait until it is over" >&2; exit 1; }
rm -f "$work/taken-back" "$work/at-once"
printf '%s\\n' "$5" > "$work/owner"
cat > "$work/wanted"
printf '%s\\n' "$4" > "$work/watchdog"
detached sh "$work/watchdog" "$1" "$2" "$3"`;

/** Fails where the watchdog has been quicker. What was there before tilebed came is kept until the end. */
const CONFIRM = `${VARIABLES}
umask 077
if ! rmdir "$work/pending" 2> /dev/null; then echo "it has been taken back already" >&2; exit 1; fi
if [ ! -d "$kept" ]; then
  mkdir -p "$kept" || exit
  if [ -f "$file" ]; then cp -p "$file" "$kept/original"; fi
  cp "$work/addresses" "$work/routes" "$work/owner" "$kept/"
fi
cp "$trial" "$file.new" && chmod 600 "$file.new" && mv -f "$file.new" "$file" && rm -f "$trial"`;

/** Tells whether the watchdog has taken the change back. */
const TAKEN_BACK = `${VARIABLES}
[ ! -d "$work/pending" ] && [ -f "$work/taken-back" ]`;

/**
 * Puts back what there was before tilebed came, and says so; nothing where the testbed made no change. One
 * that is still on trial is taken back at once, by its own watchdog: only that knows what there was.
 */
const REMOVE = `${VARIABLES}
mine() { [ -f "$1/owner" ] && [ "$(cat "$1/owner")" = "$2" ]; }
trying=
if [ -d "$work/pending" ] && mine "$work" "$2"; then trying=yes; touch "$work/at-once"; fi
mine "$kept" "$2" || [ -n "$trying" ] || exit 0
rm -rf "$end" && mkdir "$end"
address=$(sed -n 's/^ *- \\([0-9.]*\\/[0-9]*\\)$/\\1/p' "$file" "$work/wanted" "$trial" 2> /dev/null | head -n 1)
device=
if mine "$kept" "$2"; then
  if [ -f "$kept/original" ]; then mv -f "$kept/original" "$file"; else rm -f "$file"; fi
  mv "$kept/addresses" "$kept/routes" "$end/" 2> /dev/null
  rm -rf "$kept"
  device=$(ip -o -4 address show | awk -v address="$address" '$4 == address { print $2; exit }')
fi
echo "address $address of netplan"
printf '%s\\n' "$1" > "$end/script"
detached sh "$end/script" "$device" "$address" "$end" "$trying"`;

/** The end of it, in the background: the connection may go with the address. */
const END = `${REMEMBER}
work=/run/tilebed-netplan; round=0
while [ -n "$4" ] && [ -d "$work" ] && [ ! -f "$work/taken-back" ] && [ $round -lt ${2 * LONGEST_APPLY_SECONDS} ]; do
  sleep 1; round=$((round + 1))
done
if [ -n "$1" ]; then
  ip address delete "$2" dev "$1" 2> /dev/null
  netplan apply
  if [ -f "$3/addresses" ]; then put_back "$1" "$3"; fi
fi
rm -rf "$work" "$3"`;

const script = (text: string, ...more: readonly string[]) => ['sh', '-c', text, 'sh', ...more];

export interface TimedChange {
  readonly device: string;
  /** With its prefix. */
  readonly address: string;
  /** Until it is taken back unless it is confirmed. */
  readonly seconds: number;
  /** Of the testbed that wants it. */
  readonly owner: string;
}

/** Argument arrays; all are for root. */
export const NETPLAN_COMMANDS = {
  check: script(CHECK),
  apply: ({ device, address, seconds, owner }: TimedChange) =>
    script(APPLY, device, address, String(seconds), WATCHDOG, owner),
  confirm: script(CONFIRM),
  takenBack: script(TAKEN_BACK),
  /** Of one testbed's. */
  remove: (owner: string) => script(REMOVE, END, owner),
} as const;
