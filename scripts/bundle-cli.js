/** Makes dist/tilebed.js: the command as one file, which starts in a third of the time of many. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const outfile = join(dist, 'tilebed.js');

await build({
  entryPoints: [join(dist, 'harness/cli/main.js')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // Both hold native parts.
  external: ['onnxruntime-node', 'sharp'],
  legalComments: 'none',
  sourcemap: 'linked',
  // Bundled CommonJS packages still ask for Node's own modules.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  logLevel: 'error',
});
await chmod(outfile, 0o755);
