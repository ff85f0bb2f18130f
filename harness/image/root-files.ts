/**
 * What a node's root file system holds: Node.js, the runtime, the libraries of both, and the few tools that
 * the harness calls on nodes. No shell, no package manager.
 */
import { basename, join } from 'node:path';
import { filesBelow, type RootParts } from './parts.ts';

/** Places on a node, whatever its image is made of. */
export const NODE_PROGRAM = '/opt/tilebed/bin/node';
export const NODE_FOLDER = '/var/lib/tilebed';
export const NODE_LIBRARIES = '/opt/tilebed/lib';
/** Nobody's number on usual systems. */
export const NODE_USER = 10_001;

/** One entry; folders above it are made where they are missing. */
export type RootFile =
  /** Of a file here, links followed. */
  | { readonly kind: 'copy'; readonly path: string; readonly from: string }
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  | { readonly kind: 'link'; readonly path: string; readonly to: string }
  | {
      readonly kind: 'folder';
      readonly path: string;
      readonly mode: number;
      readonly owned: boolean;
    };

/** On an image that a user names, the C library is that image's own. */
const C_LIBRARY = /\/(ld-linux.*|libc|libm|libdl|libpthread|librt|libresolv)\.so\.\d+$/;

export function runtimeInImage(hash: string): string {
  return `/opt/tilebed/runtime/${hash}`;
}

/** A whole root file system. */
export async function wholeRoot(parts: RootParts, hash: string): Promise<readonly RootFile[]> {
  const { uid, gid } = { uid: NODE_USER, gid: NODE_USER };
  return [
    ...(await addedFiles(parts, hash)),
    ...[...parts.tools].map(([name, from]) => copy(`/bin/${name}`, from)),
    ...[...parts.libraries].map(([path, from]) => copy(path, from)),
    { kind: 'link', path: '/bin/node', to: NODE_PROGRAM },
    text('/etc/passwd', `root:x:0:0:root:/:\ntilebed:x:${uid}:${gid}:tilebed:${NODE_FOLDER}:\n`),
    text('/etc/group', `root:x:0:\ntilebed:x:${gid}:\n`),
    text('/etc/nsswitch.conf', 'hosts: files dns\n'),
    ...['/dev', '/proc', '/sys'].map((path) => folder(path, 0o755)),
    folder('/tmp', 0o1777),
  ];
}

/** What an image of the user's own lacks: it has a C library, perhaps no C++ library. */
export async function rootOnBase(parts: RootParts, hash: string): Promise<readonly RootFile[]> {
  return [
    ...(await addedFiles(parts, hash)),
    ...[...parts.libraries]
      .filter(([path]) => !C_LIBRARY.test(path))
      .map(([path, from]) => copy(`${NODE_LIBRARIES}/${basename(path)}`, from)),
  ];
}

/** What every image has. The node's own folder finds the runtime by a link: it is a volume, and starts with this. */
async function addedFiles(parts: RootParts, hash: string): Promise<readonly RootFile[]> {
  const place = runtimeInImage(hash);
  const files = await filesBelow(parts.runtime);
  return [
    copy(NODE_PROGRAM, parts.node),
    ...files.map((path) => copy(`${place}/${path}`, join(parts.runtime, path))),
    { ...folder(NODE_FOLDER, 0o755), owned: true },
    { ...folder(`${NODE_FOLDER}/runtime`, 0o755), owned: true },
    { kind: 'link', path: `${NODE_FOLDER}/runtime/${hash}`, to: place },
  ];
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
