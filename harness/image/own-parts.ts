/** What a root file system for this machine's own platform is put together from: what runs here. */
import { readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { tryCommand } from '../machine/command.ts';
import { filesBelow, nativeFiles, type RootParts, TOOLS } from './parts.ts';
import { sharedLibraries } from './shared-libraries.ts';

/** @param runtime the bundle's folder; rejects with a TilebedError (MISSING) where one of the tools is not here */
export async function ownParts(
  runtime: string,
  toolNames: readonly string[] = TOOLS,
): Promise<RootParts> {
  const tools = await Promise.all(toolNames.map(findProgram));
  const native = nativeFiles(await filesBelow(runtime)).map((path) => join(runtime, path));
  const libraries = await sharedLibraries([process.execPath, ...tools, ...native]);
  return {
    node: await realpath(process.execPath),
    runtime,
    tools: new Map(toolNames.map((name, index) => [name, tools[index]!])),
    libraries: new Map(
      libraries.filter((path) => !path.startsWith(`${runtime}/`)).map((path) => [path, path]),
    ),
  };
}

/** Links such as those of busybox would bring another program along, which chooses by its name. */
async function findProgram(name: string): Promise<string> {
  for (const place of ['/usr/bin', '/bin']) {
    const path = join(place, name);
    const target = await readlink(path).catch(() => '');
    const { exitCode } = await tryCommand([path, '--version']);
    if (!target.includes('busybox') && exitCode !== undefined) return path;
  }
  throw new TilebedError('MISSING', `this machine has no ${name} that an image could hold`, {
    hint: 'install coreutils, or name a base: `docker: { base: debian:stable-slim }`',
  });
}
