/**
 * A small helper on the machine, one a connection: it sends signals to the processes that were started over
 * the connection, and when the connection is gone (its standard input ends, or says nothing for a minute)
 * kills those that are left. So nothing outlives a harness that died, or whose cable was pulled.
 */
import type { ClientChannel } from 'ssh2';

/** Between two signs of life. */
const BEAT_MS = 15_000;
/** Signs of life that may stay without an answer. */
const PATIENCE_BEATS = 3;
const SILENCE_SECONDS = 60;

/** Only bash can wait for input with an end; where it is missing a pulled cable is noticed by TCP alone. */
const SCRIPT = `
pids=' '
wait=
[ -n "\${BASH_VERSION-}" ] && wait='-t ${SILENCE_SECONDS}'
while read -r $wait verb pid name; do
  case $verb in
    watch) pids="$pids$pid " ;;
    drop) case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
    signal) kill -s "$name" -- "$pid" 2> /dev/null ;;
    beat) echo beat ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid" 2> /dev/null; done
exit 0`;

/** The command that runs it. */
export const GUARD_COMMAND: readonly string[] = [
  'sh',
  '-c',
  'if command -v bash > /dev/null; then exec bash -c "$1"; else exec sh -c "$1"; fi',
  'sh',
  SCRIPT,
];

export class Guard {
  readonly #channel: ClientChannel;
  #unanswered = 0;

  /** @param lost called when the machine has not answered for so long that the connection must be dead */
  constructor(channel: ClientChannel, lost: () => void) {
    this.#channel = channel;
    const timer = setInterval(() => {
      if (this.#unanswered >= PATIENCE_BEATS) lost();
      this.#unanswered++;
      this.#say('beat');
    }, BEAT_MS);
    timer.unref();
    channel.on('data', () => {
      this.#unanswered = 0;
    });
    channel.stderr.resume();
    channel.on('close', () => clearInterval(timer));
    channel.on('error', () => clearInterval(timer));
  }

  watch(processId: number): void {
    this.#say(`watch ${processId}`);
  }

  drop(processId: number): void {
    this.#say(`drop ${processId}`);
  }

  /** To the process itself, or to all of its group. */
  signal(processId: number, signal: NodeJS.Signals, whom: 'process' | 'group'): void {
    const target = whom === 'group' ? -processId : processId;
    this.#say(`signal ${target} ${signal.slice('SIG'.length)}`);
  }

  #say(line: string): void {
    if (this.#channel.writable) this.#channel.write(`${line}\n`);
  }
}
