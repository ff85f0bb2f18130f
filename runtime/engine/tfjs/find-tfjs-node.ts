/** Finds `@tensorflow/tfjs-node`, which a machine may have in several places or not at all. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Installed {
  readonly folder: string;
  readonly version: string;
}

const PACKAGE = '@tensorflow/tfjs-node';
const VARIABLE = 'TILEBED_TFJS_NODE';

export const HOW_TO_INSTALL = `\`npm install --global ${PACKAGE}@4.22.0\` (with its install script allowed), or scripts/build-tfjs-node.sh where only PyPI can be reached`;

/** Undefined where it is not installed. That it is does not mean that it can be loaded. */
export function findTfjsNode(): Installed | undefined {
  for (const folder of placesToLook()) {
    try {
      const file = createRequire(join(folder, 'any.js')).resolve(`${PACKAGE}/package.json`);
      const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
      return { folder: dirname(file), version };
    } catch {
      // Not there; the next place may have it.
    }
  }
  return undefined;
}

/** Variables by which another process of this machine finds what this one has found. */
export function tfjsNodeEnvironment(): Readonly<Record<string, string>> {
  const installed = findTfjsNode();
  return installed === undefined ? {} : { [VARIABLE]: installed.folder };
}

/**
 * The package itself or a folder with it in `node_modules`: what the user says, and then only that;
 * tilebed's own, what scripts/build-tfjs-node.sh has made, and npm's global folder.
 */
function placesToLook(): string[] {
  const given = process.env[VARIABLE];
  if (given !== undefined) return [given];
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return [
    import.meta.dirname,
    join(cache, 'tilebed/tfjs-node'),
    join(dirname(dirname(process.execPath)), 'lib'),
  ];
}
