/**
 * Downloads one large file so that nothing is lost and nothing wrong is kept: a cut connection is
 * resumed by the next call, size and hash are checked, and the file appears under its name when whole.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { PartialFile } from './partial-file.ts';
import { fileSha256, readTrustedHash, trustedHashPath, writeTrustedHash } from './trusted-hash.ts';

export interface DownloadProgress {
  readonly receivedBytes: number;
  /** Undefined until the server or the caller says it. */
  readonly totalBytes: number | undefined;
}

export interface DownloadOptions {
  readonly url: string;
  /** Where the file is to lie; its folder is made. */
  readonly target: string;
  readonly expectedBytes?: number;
  /** Hexadecimal. Without one, the hash of the first download must come again. */
  readonly sha256?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** When it aborts, what has come is kept. */
  readonly signal?: AbortSignal;
  /** A server that sends nothing for so long is given up. */
  readonly patienceMs?: number;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

const PATIENCE_MS = 30_000;

/**
 * @throws TilebedError FAILED when the file cannot be had now, or is not the one that was wanted; INPUT
 * for an address or hash that is none; the signal's reason when it aborts
 */
export async function downloadModel(options: DownloadOptions): Promise<Downloaded> {
  const { url, target, expectedBytes, signal } = options;
  checkOptions(options);
  const part = await PartialFile.find(target, url);
  try {
    await mkdir(dirname(target), { recursive: true });
    if (part.receivedBytes === 0 || part.receivedBytes !== expectedBytes) {
      await receive(part, options);
    }
    const { receivedBytes: bytes } = part;
    const sha256 = await fileSha256(part.path, signal);
    await requireHash(part, sha256, options);
    await writeTrustedHash(target, sha256);
    await part.finish();
    return { bytes, sha256 };
  } catch (error) {
    throw isDiskError(error) ? diskProblem(part, options, error) : error;
  } finally {
    await part.close();
  }
}

function checkOptions({ url, sha256 }: DownloadOptions): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new TilebedError('INPUT', `${url} is not an http address`);
  }
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new TilebedError('INPUT', `${sha256} is not a SHA-256 hash`, {
      hint: 'a hash has 64 hexadecimal digits',
    });
  }
}

async function receive(part: PartialFile, options: DownloadOptions): Promise<void> {
  const { url, signal, patienceMs = PATIENCE_MS } = options;
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(), patienceMs);
  try {
    const either = AbortSignal.any([stall.signal, ...(signal ? [signal] : [])]);
    const response = await request(part, url, either);
    await receiveBody(part, response, options, () => timer.refresh());
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof TilebedError || isDiskError(cause)) throw cause;
    const problem = stall.signal.aborted
      ? `sent nothing for ${patienceMs / 1000} s`
      : `was lost: ${reason(cause)}`;
    throw interrupted(part, `the connection to ${new URL(url).host} ${problem}`, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks for the rest of what is there; for the whole file when the server cannot or must not go on. */
async function request(part: PartialFile, url: string, signal: AbortSignal): Promise<Response> {
  if (part.receivedBytes > 0 && part.validator !== undefined) {
    const rest = await fetch(url, {
      signal,
      headers: {
        ...UNCHANGED,
        range: `bytes=${part.receivedBytes}-`,
        'if-range': part.validator,
      },
    });
    if (rest.status === 200 || continues(rest, part)) return begin(rest, part);
    await rest.body?.cancel();
    // A range that cannot be had: the file has become shorter, or the server misunderstands.
    if (rest.status !== 206 && rest.status !== 416) throw refused(rest, url);
  }
  const whole = await fetch(url, { signal, headers: UNCHANGED });
  if (whole.status === 200) return begin(whole, part);
  await whole.body?.cancel();
  throw refused(whole, url);
}

/** A compressed answer would make nonsense of lengths and ranges. */
const UNCHANGED = { 'accept-encoding': 'identity' };

function continues(response: Response, part: PartialFile): boolean {
  const start = contentRange(response)?.start;
  const validator = validatorOf(response);
  const same = validator === undefined || validator === part.validator;
  return response.status === 206 && start === part.receivedBytes && same;
}

async function begin(response: Response, part: PartialFile): Promise<Response> {
  if (response.status === 200) await part.restart(validatorOf(response));
  return response;
}

async function receiveBody(
  part: PartialFile,
  response: Response,
  { url, expectedBytes, onProgress }: DownloadOptions,
  alive: () => void,
): Promise<void> {
  const { host } = new URL(url);
  const offered = contentRange(response)?.total ?? contentLength(response);
  const totalBytes = expectedBytes ?? offered;
  const wrongSize = async (bytes: number) => {
    await part.discard();
    return new TilebedError(
      'FAILED',
      `${host} sends ${bytes} bytes, but the file has ${totalBytes}`,
      { hint: 'it is another file, or an error page' },
    );
  };
  if (offered !== undefined && offered !== totalBytes) {
    await response.body?.cancel();
    throw await wrongSize(offered);
  }
  onProgress?.({ receivedBytes: part.receivedBytes, totalBytes });
  for await (const chunk of response.body ?? []) {
    await part.append(chunk);
    alive();
    if (totalBytes !== undefined && part.receivedBytes > totalBytes) {
      throw await wrongSize(part.receivedBytes);
    }
    onProgress?.({ receivedBytes: part.receivedBytes, totalBytes });
  }
  if (totalBytes !== undefined && part.receivedBytes < totalBytes) {
    const state = `${part.receivedBytes} of ${totalBytes} bytes`;
    throw interrupted(part, `the connection to ${host} ended after ${state}`);
  }
}

async function requireHash(
  part: PartialFile,
  sha256: string,
  { url, target, sha256: given }: DownloadOptions,
): Promise<void> {
  const wanted = given?.toLowerCase() ?? (await readTrustedHash(target));
  if (wanted === undefined || wanted === sha256) return;
  await part.discard();
  throw new TilebedError(
    'FAILED',
    `${url} is not the file that was wanted: its SHA-256 is ${sha256}, not ${wanted}`,
    given === undefined
      ? {
          hint: `an earlier download had that hash; if the publisher has replaced the file, delete ${trustedHashPath(target)}`,
        }
      : {},
  );
}

/** What If-Range takes: a strong ETag, or else the date of the last modification. */
function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get('etag');
  if (etag?.startsWith('"')) return etag;
  return headers.get('last-modified') ?? undefined;
}

function contentRange({ headers }: Response): { start: number; total: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '');
  return match ? { start: Number(match[1]), total: Number(match[2]) } : undefined;
}

function contentLength({ headers }: Response): number | undefined {
  const text = headers.get('content-length');
  return text === null ? undefined : Number(text);
}

function refused({ status, statusText }: Response, url: string): TilebedError {
  const message = `${new URL(url).host} answers ${status} ${statusText}`.trim();
  return new TilebedError('FAILED', `${message} for ${url}`, {
    hint: status >= 500 ? 'try again later' : 'check the address',
  });
}

function interrupted(part: PartialFile, message: string, cause?: unknown): TilebedError {
  const hint =
    part.receivedBytes > 0 && part.validator !== undefined
      ? 'run it again: it goes on where it stopped'
      : 'run it again';
  return new TilebedError('FAILED', message, { hint, cause });
}

/** The network's errors come wrapped by fetch; only those of files name a system call themselves. */
function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function diskProblem(
  part: PartialFile,
  { target, expectedBytes }: DownloadOptions,
  cause: NodeJS.ErrnoException,
): TilebedError {
  if (cause.code !== 'ENOSPC') {
    return new TilebedError('FAILED', `cannot write ${target}: ${cause.message}`, { cause });
  }
  const missing = expectedBytes === undefined ? undefined : expectedBytes - part.receivedBytes;
  const need = missing === undefined ? '' : `: ${missing} bytes more are needed`;
  return new TilebedError('FAILED', `no space is left on the disk of ${target}${need}`, {
    hint: 'free some, then run it again: it goes on where it stopped',
    cause,
  });
}

/** fetch hides what happened in the cause of its error. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
