/**
 * Files to a machine and back, compressed on the way. A folder travels as a tar archive, so its names and
 * modes stay what they are; nothing stands under its final name before it is whole.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { create, extract } from 'tar';
import { TilebedError } from '../../../runtime/errors.ts';
import { hostText, type SshHost } from './host.ts';
import { type StartedProcess, startProcess } from './process.ts';

/** What is in the folder already stays, as with `cp -r`. */
const UNPACK = 'umask 022 && mkdir -p "$1" && tar -x -z -p -o -f - -C "$1"';
const PACK = 'cd "$1" && tar -c -z -f - .';
const WRITE =
  'mkdir -p "$(dirname "$1")" && gzip -dc > "$1.tilebed-part" && chmod "$2" "$1.tilebed-part" && mv -f "$1.tilebed-part" "$1"';
const READ = 'if [ -d "$1" ]; then echo folder; else stat -c %a -- "$1"; fi';
const FAST = { level: 1 } as const;

export async function putFiles(host: SshHost, local: string, remote: string): Promise<void> {
  const { mode, isFolder } = await stat(local).then((found) => ({
    mode: found.mode,
    isFolder: found.isDirectory(),
  }));
  const child = isFolder
    ? await startProcess(host, ['sh', '-c', UNPACK, 'sh', remote])
    : await startProcess(host, ['sh', '-c', WRITE, 'sh', remote, (mode & 0o777).toString(8)]);
  child.channel.resume();
  const source = isFolder
    ? create({ cwd: local, gzip: FAST, portable: true, follow: false }, ['.'])
    : createReadStream(local).pipe(createGzip(FAST));
  await finish(host, child, `put ${local} on`, pipeline(source, child.channel));
}

export async function getFiles(host: SshHost, remote: string, local: string): Promise<void> {
  const look = await startProcess(host, ['sh', '-c', READ, 'sh', remote]);
  look.channel.end();
  const kind = text(look.channel);
  await finish(host, look, `get ${remote} from`, kind);
  const isFolder = (await kind).trim() === 'folder';
  const argv = isFolder ? ['sh', '-c', PACK, 'sh', remote] : ['gzip', '-1c', '--', remote];
  const child = await startProcess(host, argv);
  child.channel.end();
  await mkdir(isFolder ? local : dirname(local), { recursive: true });
  if (isFolder) {
    const target = extract({ cwd: local, preservePaths: false, noChmod: false, processUmask: 0 });
    await finish(host, child, `get ${remote} from`, pipeline(child.channel, target));
    return;
  }
  const part = `${local}.tilebed-part`;
  try {
    const target = createWriteStream(part);
    const copied = pipeline(child.channel, createGunzip(), target);
    await finish(host, child, `get ${remote} from`, copied);
    await chmod(part, Number.parseInt(await kind, 8));
    await rename(part, local);
  } finally {
    await rm(part, { force: true });
  }
}

/** What the machine says of a failure tells more than a broken pipe on this side. */
async function finish(
  host: SshHost,
  { channel, closed }: StartedProcess,
  what: string,
  copied: Promise<unknown>,
): Promise<void> {
  const said = text(channel.stderr);
  const failure = copied.then(
    () => undefined,
    (error: Error) => error,
  );
  // An archive that cannot be read here must not leave the machine waiting for the rest of it.
  void failure.then((error) => error !== undefined && channel.destroy());
  const { exitCode, signal } = await closed;
  const error = await failure;
  if (exitCode === 0 && error === undefined) return;
  const why = (await said.catch(() => '')).trim() || error?.message || signal || 'no answer';
  throw new TilebedError('FAILED', `cannot ${what} ${hostText(host)}: ${why}`, {
    cause: error,
    ...(/No space left/.test(why) ? { hint: 'free some space there: `df -h` tells where' } : {}),
  });
}
