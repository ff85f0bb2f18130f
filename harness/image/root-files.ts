/**
 * What a node's root file system holds, for the platform of this machine: Node.js, the runtime, the
 * libraries of both, and the few tools that the harness calls on nodes. No shell, no package manager.
 */
import { readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { tryCommand } from '../machine/command.ts';
import type { Bundle } from '../testbeds/bundle.ts';
import { sharedLibraries } from './shared-libraries.ts';

/** Places on a node, whatever its image is made of. */
export const NODE_PROGRAM = '/opt/tilebed/bin/node';
export const NODE_FOLDER = '/var/lib/tilebed';
export const NODE_LIBRARIES = '/opt/tilebed/lib';
/** Nobody's number on usual systems. */
export const NODE_USER = 10_001;

/** One entry; folders above it are made where they are missing. */
export type RootFile =
  /** Of this machine, links followed. */
  | { readonly kind: 'copy'; readonly path: string; readonly from: string }
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  | { readonly kind: 'link'; readonly path: string; readonly to: string }
  | {
      readonly kind: 'folder';
      readonly path: string;
      readonly mode: number;
      readonly owned: boolean;
    };

/** What deploying and placing files call; `env` starts roles. */
const TOOLS = ['env', 'mkdir', 'mv', 'rm', 'test'];

/** On an image that a user names, the C library is that image's own. */
const C_LIBRARY = /\/(ld-linux.*|libc|libm|libdl|libpthread|librt|libresolv)\.so\.\d+$/;

export function runtimeInImage({ hash }: Pick<Bundle, 'hash'>): string {
  return `/opt/tilebed/runtime/${hash}`;
}

/** A whole root file system. */
export async function wholeRoot(bundle: Bundle): Promise<readonly RootFile[]> {
  const tools = await Promise.all(TOOLS.map(findProgram));
  const programs = [process.execPath, ...tools, ...(await nativeFiles(bundle.folder))];
  const libraries = await librariesOutside(programs, bundle.folder);
  const { uid, gid } = { uid: NODE_USER, gid: NODE_USER };
  return [
    ...(await addedFiles(bundle)),
    ...tools.map((from, index) => copy(`/bin/${TOOLS[index]}`, from)),
    ...libraries.map((from) => copy(from, from)),
    { kind: 'link', path: '/bin/node', to: NODE_PROGRAM },
    text('/etc/passwd', `root:x:0:0:root:/:\ntilebed:x:${uid}:${gid}:tilebed:${NODE_FOLDER}:\n`),
    text('/etc/group', `root:x:0:\ntilebed:x:${gid}:\n`),
    text('/etc/nsswitch.conf', 'hosts: files dns\n'),
    ...['/dev', '/proc', '/sys'].map((path) => folder(path, 0o755)),
    folder('/tmp', 0o1777),
  ];
}

/** What an image of the user's own lacks: it has a C library, perhaps no C++ library. */
export async function rootOnBase(bundle: Bundle): Promise<readonly RootFile[]> {
  const programs = [process.execPath, ...(await nativeFiles(bundle.folder))];
  const libraries = await librariesOutside(programs, bundle.folder);
  return [
    ...(await addedFiles(bundle)),
    ...libraries
      .filter((path) => !C_LIBRARY.test(path))
      .map((from) => copy(`${NODE_LIBRARIES}/${from.split('/').at(-1)}`, from)),
  ];
}

/** What every image has. The node's own folder finds the runtime by a link: it is a volume, and starts with this. */
async function addedFiles(bundle: Bundle): Promise<readonly RootFile[]> {
  const place = runtimeInImage(bundle);
  const files = await filesBelow(bundle.folder);
  return [
    copy(NODE_PROGRAM, await realpath(process.execPath)),
    ...files.map((path) => copy(`${place}/${path}`, join(bundle.folder, path))),
    { ...folder(NODE_FOLDER, 0o755), owned: true },
    { ...folder(`${NODE_FOLDER}/runtime`, 0o755), owned: true },
    { kind: 'link', path: `${NODE_FOLDER}/runtime/${bundle.hash}`, to: place },
  ];
}

async function librariesOutside(programs: readonly string[], inside: string) {
  const libraries = await sharedLibraries(programs);
  return libraries.filter((path) => !path.startsWith(`${inside}/`));
}

async function nativeFiles(bundleFolder: string): Promise<readonly string[]> {
  const files = await filesBelow(bundleFolder);
  return files
    .filter((path) => /\.(node|so(\.\d+)*)$/.test(path))
    .map((path) => join(bundleFolder, path));
}

async function filesBelow(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
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

function copy(path: string, from: string): RootFile {
  return { kind: 'copy', path, from };
}

function text(path: string, content: string): RootFile {
  return { kind: 'text', path, text: content };
}

function folder(path: string, mode: number) {
  return { kind: 'folder', path, mode, owned: false } as const;
}
