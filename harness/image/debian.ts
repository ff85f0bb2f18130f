/**
 * Debian's packages of another architecture, unpacked in the user's cache. apt finds, checks and fetches them
 * from the sources and through the proxies that it is set up with here, but in folders of its own: the
 * machine's packages and architectures stay as they are, and nobody has to be root.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { tryCommand } from '../machine/command.ts';
import { pathExists } from '../path-exists.ts';
import { makeScratch } from '../scratch.ts';
import type { ImagePlatform } from './platforms.ts';

export interface DebianOptions {
  /** A file of apt's, instead of this machine's own sources. */
  readonly aptSources?: string;
  /** Fetch packages even where some are there. */
  readonly pull?: boolean;
  readonly signal?: AbortSignal;
}

/** Tools of a node, and what Node.js and the engines load; apt adds what these depend on. */
const PACKAGES = ['coreutils', 'libstdc++6', 'libatomic1'];
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/no space left/i, 'free space, or set TMPDIR and XDG_CACHE_HOME to where there is some'],
  [
    /mirror sync|hash sum mismatch/i,
    'the mirror is being changed: try again in a while, or name another with --apt-sources',
  ],
  [
    /temporary failure|could not (resolve|connect)/i,
    'see that apt reaches its mirror: `apt-get update`',
  ],
];
const SOURCES_HINT =
  'this machine’s sources may not have that architecture, as Ubuntu’s have not: name a file of sources that has it with --apt-sources';

/** Returns a folder that holds them as they are installed. Rejects with a TilebedError (MISSING). */
export async function debianFiles(
  platform: ImagePlatform,
  { aptSources, pull = false, signal }: DebianOptions,
): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tilebed/debian');
  const sources = aptSources === undefined ? undefined : resolve(aptSources);
  const folder = join(cache, platform.debian + (await sourcesMark(sources)));
  if (!pull && (await pathExists(folder))) return folder;
  await mkdir(cache, { recursive: true });
  // In the cache's own file system, so that it is moved in one go; apt works where its own user gets to.
  const unpacked = await mkdtemp(`${folder}.partial-`);
  await using scratch = await makeScratch('apt');
  const { folder: work } = scratch;
  try {
    await chmod(work, 0o755);
    for (const archive of await fetchPackages(platform, work, sources, signal)) {
      await mustRun(platform, ['dpkg-deb', '-x', archive, unpacked], signal);
    }
    await rm(join(unpacked, 'usr/share'), { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
    await rename(unpacked, folder);
    return folder;
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

async function sourcesMark(sources: string | undefined): Promise<string> {
  if (sources === undefined) return '';
  const bytes = await readFile(sources).catch((cause: Error) => {
    throw new TilebedError('INPUT', `cannot read apt's sources: ${cause.message}`, { cause });
  });
  return `-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

async function fetchPackages(
  platform: ImagePlatform,
  work: string,
  sources: string | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const archives = join(work, 'cache/archives');
  await mkdir(join(work, 'state/lists/partial'), { recursive: true });
  await mkdir(join(archives, 'partial'), { recursive: true });
  await writeFile(join(work, 'status'), '');
  const settings = join(work, 'apt.conf');
  await writeFile(settings, aptSettings(platform.debian, work, sources));
  const apt = ['apt-get', '--config-file', settings, '--quiet'];
  await mustRun(platform, [...apt, 'update'], signal);
  const install = ['--yes', '--download-only', '--no-install-recommends', 'install', ...PACKAGES];
  await mustRun(platform, [...apt, ...install], signal);
  const names = await readdir(archives);
  return names.filter((name) => name.endsWith('.deb')).map((name) => join(archives, name));
}

/** As if nothing were installed, so that all that is depended on comes along. */
function aptSettings(architecture: string, work: string, sources: string | undefined): string {
  return `APT::Architecture "${architecture}";
#clear APT::Architectures;
APT::Architectures { "${architecture}"; };
Dir::State "${work}/state";
Dir::State::status "${work}/status";
Dir::Cache "${work}/cache";
Dir::Cache::archives "archives";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
APT::Update::Error-Mode "any";
// They tell the machine's own tools of its own packages.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
${sources === undefined ? '' : `Dir::Etc::sourcelist "${sources}";\nDir::Etc::sourceparts "/dev/null";\n`}`;
}

async function mustRun(
  { name, debian }: ImagePlatform,
  argv: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { exitCode, stderr } = await tryCommand(argv, signal === undefined ? {} : { signal });
  if (exitCode === 0) return;
  if (exitCode === undefined) {
    throw new TilebedError('MISSING', `an image for ${name} needs ${argv[0]}, which is not here`, {
      hint: 'build on Debian or Ubuntu, or `dnf install apt dpkg` on Fedora and name --apt-sources',
    });
  }
  const said = stderr.split('\n').find((line) => /^(E|dpkg-deb):/.test(line)) ?? stderr.trim();
  const what = `cannot get Debian's packages for ${debian}: ${said}`;
  const [, hint] = HINTS.find(([pattern]) => pattern.test(stderr)) ?? [];
  throw new TilebedError('MISSING', what, { hint: hint ?? SOURCES_HINT });
}
