/** What a root file system is put together from, whatever its platform. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface RootParts {
  /** Node.js itself, a file. */
  readonly node: string;
  /** The folder of the runtime. */
  readonly runtime: string;
  /** Files by the tools' names. */
  readonly tools: ReadonlyMap<string, string>;
  /** Files by the paths that the loader will look for, the loader among them. */
  readonly libraries: ReadonlyMap<string, string>;
}

/** What deploying and placing files call; `env` starts roles. */
export const TOOLS = ['env', 'mkdir', 'mv', 'rm', 'test'] as const;

/** Relative to the folder, in order. */
export async function filesBelow(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}

/** Those that the loader reads. */
export function nativeFiles(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => /\.(node|so(\.\d+)*)$/.test(path));
}
