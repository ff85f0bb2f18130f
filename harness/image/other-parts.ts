/**
 * What a root file system for another platform is put together from: the Node.js that boards get, and of
 * Debian's packages the tools of a node and those libraries that something in it asks for.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { unpackedNode } from '../deployables/node.ts';
import { pathExists } from '../path-exists.ts';
import { type DebianOptions, debianFiles } from './debian.ts';
import { elfNeeds } from './elf.ts';
import { filesBelow, nativeFiles, type RootParts, TOOLS } from './parts.ts';
import type { ImagePlatform } from './platforms.ts';

/** Debian's name of the folder for libraries of an architecture: where its loader looks. */
const TRIPLETS = {
  amd64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  armhf: 'arm-linux-gnueabihf',
} as const;

/** @param runtime the bundle's folder for the platform; rejects with a TilebedError (MISSING) */
export async function otherParts(
  runtime: string,
  platform: ImagePlatform,
  options: DebianOptions,
): Promise<RootParts> {
  const debian = await debianFiles(platform, options);
  const node = await unpackedNode(platform.platform);
  options.signal?.throwIfAborted();
  const tools = new Map(
    await Promise.all(
      TOOLS.map(
        async (name): Promise<[string, string]> => [
          name,
          await firstOf(debian, ['usr/bin', 'bin'], name, platform),
        ],
      ),
    ),
  );
  const native = nativeFiles(await filesBelow(runtime));
  const programs = [node, ...tools.values(), ...native.map((path) => join(runtime, path))];
  const libraries = await libraryFiles(programs, debian, platform);
  return { node, runtime, tools, libraries };
}

/** All that the programs need, and that what they need needs, but for what they bring along themselves. */
async function libraryFiles(
  programs: readonly string[],
  debian: string,
  platform: ImagePlatform,
): Promise<ReadonlyMap<string, string>> {
  const triplet = TRIPLETS[platform.debian];
  const places = [`lib/${triplet}`, `usr/lib/${triplet}`, 'lib', 'usr/lib', 'lib64', 'usr/lib64'];
  const brought = new Set(programs.map((path) => basename(path)));
  const found = new Map<string, string>();
  for (const waiting = [...programs]; waiting.length > 0; ) {
    const { interpreter, libraries = [] } = elfNeeds(await readFile(waiting.pop()!)) ?? {};
    const wanted = libraries
      .filter((name) => !brought.has(name) && !isLoader(name))
      .map((name) => `/lib/${triplet}/${name}`);
    for (const path of [...wanted, ...(interpreter === undefined ? [] : [interpreter])]) {
      if (found.has(path)) continue;
      const file = await firstOf(debian, places, basename(path), platform);
      found.set(path, file);
      waiting.push(file);
    }
  }
  return found;
}

async function firstOf(
  debian: string,
  places: readonly string[],
  name: string,
  platform: ImagePlatform,
): Promise<string> {
  for (const place of places) {
    const file = join(debian, place, name);
    if (await pathExists(file)) return file;
  }
  throw new TilebedError('MISSING', `Debian's packages for ${platform.debian} have no ${name}`, {
    hint: 'get them anew with --pull, or of another release with --apt-sources',
  });
}

/** Libraries name it too, but it is loaded already. */
function isLoader(name: string): boolean {
  return name.startsWith('ld-linux');
}
