/** A large file to a machine, compressed, from where an earlier attempt was broken off, checked at the end. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import type { Transport } from '../transports/transport.ts';
import type { NodeDeployable } from './node.ts';

/** Pieces are appended, each by a command of its own: what has arrived stays. */
const PIECE_BYTES = 4 * 2 ** 20;
const SIZE = 'mkdir -p "$(dirname "$1")" && if [ -f "$1" ]; then wc -c < "$1"; else echo 0; fi';
const APPEND = 'cat >> "$1"';
const UNPACK = `part="$1"; wanted="$2"; target="$3"
found=$(sha256sum < "$part") || exit
if [ "\${found%% *}" != "$wanted" ]; then rm -f "$part"; echo "it arrived damaged" >&2; exit 1; fi
gzip -dc < "$part" > "$target.new" && chmod 755 "$target.new" && mv -f "$target.new" "$target" && rm -f "$part"`;

export interface SendOptions {
  readonly signal: AbortSignal;
  /** A part, 0 to 1. */
  readonly progress?: (part: number) => void;
}

/** Rejects with a TilebedError (FAILED). */
export async function sendExecutable(
  transport: Transport,
  { path, sha256 }: NodeDeployable,
  target: string,
  { signal, progress }: SendOptions,
): Promise<void> {
  // Another version's part is another file.
  const part = `${target}.${sha256.slice(0, 16)}.part`;
  const { size } = await stat(path);
  const run = async (argv: readonly string[], input?: Uint8Array) => {
    const options = { signal, ...(input === undefined ? {} : { input }) };
    const { exitCode, stdout, stderr } = await transport.exec(argv, options);
    if (exitCode === 0) return stdout;
    const full = /No space left/.test(stderr);
    throw new TilebedError('FAILED', `cannot send ${posix.basename(target)}: ${stderr.trim()}`, {
      ...(full ? { hint: 'free some space there: `df -h` tells where' } : {}),
    });
  };
  let sent = Number(await run(['sh', '-c', SIZE, 'sh', part]));
  while (sent < size) {
    const end = Math.min(sent + PIECE_BYTES, size) - 1;
    const pieces = await createReadStream(path, { start: sent, end }).toArray();
    await run(['sh', '-c', APPEND, 'sh', part], Buffer.concat(pieces));
    sent = end + 1;
    progress?.(sent / size);
  }
  await run(['sh', '-c', UNPACK, 'sh', part, sha256, target]);
}
