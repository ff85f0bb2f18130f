/** Large things to a machine, compressed, from where an earlier attempt was broken off, checked at the end. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { create } from 'tar';
import { TilebedError } from '../../runtime/errors.ts';
import type { Transport } from '../transports/transport.ts';
import type { NodeDeployable } from './node.ts';

/** Pieces are appended, each by a command of its own: what has arrived stays. */
const PIECE_BYTES = 4 * 2 ** 20;
const SIZE = 'mkdir -p "$(dirname "$1")" && if [ -f "$1" ]; then wc -c < "$1"; else echo 0; fi';
const APPEND = 'cat >> "$1"';
/** What is damaged is not continued. */
const CHECK = `part="$1"; wanted="$2"; target="$3"
found=$(sha256sum < "$part") || exit
if [ "\${found%% *}" != "$wanted" ]; then rm -f "$part"; echo "it arrived damaged" >&2; exit 1; fi
`;
const MOVE = `${CHECK}
mv -f "$part" "$target"`;
const UNPACK_EXECUTABLE = `${CHECK}
gzip -dc < "$part" > "$target.new" && chmod 755 "$target.new" && mv -f "$target.new" "$target" && rm -f "$part"`;
/** Parts of other versions go too: nobody continues them. */
const UNPACK_FOLDER = `${CHECK}
umask 022 && rm -rf "$target" && mkdir -p "$target" && tar -x -z -p -o -f - -C "$target" < "$part" && rm -f "$target".*.part`;

export interface SendOptions {
  readonly signal: AbortSignal;
  /** A part, 0 to 1. */
  readonly progress?: (part: number) => void;
}

export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
}

/** What is sent: the same bytes whenever they are read, or it could not be continued. */
interface Parcel {
  readonly bytes: number;
  readonly sha256: string;
  /** @param end the last byte's number */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** A file that is compressed already. Rejects with a TilebedError (FAILED). */
export async function sendExecutable(
  transport: Transport,
  file: NodeDeployable,
  target: string,
  options: SendOptions,
): Promise<void> {
  const parcel = await fileParcel(file);
  await send(transport, parcel, target, { ...options, unpack: UNPACK_EXECUTABLE });
}

/** A file as it is: what hardly shrinks, such as weights. Rejects with a TilebedError (FAILED). */
export async function sendFile(
  transport: Transport,
  file: HashedFile,
  target: string,
  options: SendOptions,
): Promise<void> {
  await send(transport, await fileParcel(file), target, { ...options, unpack: MOVE });
}

async function fileParcel({ path, sha256 }: HashedFile): Promise<Parcel> {
  return {
    bytes: (await stat(path)).size,
    sha256,
    read: (start, end) => buffer(createReadStream(path, { start, end })),
  };
}

export interface PackedFolder {
  readonly archive: Uint8Array;
  readonly sha256: string;
}

export async function packFolder(folder: string): Promise<PackedFolder> {
  // Compressing hard takes a second or two, which a slow way to a machine earns back.
  const archive = await buffer(create({ cwd: folder, gzip: true, portable: true }, ['.']));
  return { archive, sha256: createHash('sha256').update(archive).digest('hex') };
}

/** Nothing that lay at the target is left. Rejects with a TilebedError (FAILED). */
export async function sendFolder(
  transport: Transport,
  { archive, sha256 }: PackedFolder,
  target: string,
  options: SendOptions,
): Promise<void> {
  const parcel: Parcel = {
    bytes: archive.length,
    sha256,
    read: async (start, end) => archive.subarray(start, end + 1),
  };
  await send(transport, parcel, target, { ...options, unpack: UNPACK_FOLDER });
}

async function send(
  transport: Transport,
  { bytes, sha256, read }: Parcel,
  target: string,
  { signal, progress, unpack }: SendOptions & { readonly unpack: string },
): Promise<void> {
  // Another version's part is another file.
  const part = `${target}.${sha256.slice(0, 16)}.part`;
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
  while (sent < bytes) {
    const end = Math.min(sent + PIECE_BYTES, bytes) - 1;
    await run(['sh', '-c', APPEND, 'sh', part], await read(sent, end));
    sent = end + 1;
    progress?.(sent / bytes);
  }
  await run(['sh', '-c', unpack, 'sh', part, sha256, target]);
}
