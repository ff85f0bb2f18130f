/**
 * Makes dist/tilebed.js: the command as one file, which starts in a third of the time of many. What is
 * loaded only when it is chosen, such as an engine, lies in dist/chunks.
 */
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = fileURLToPath(new URL('../dist', import.meta.url));

await rm(join(dist, 'chunks'), { recursive: true, force: true });
await build({
  entryPoints: { tilebed: join(dist, 'harness/cli/main.js') },
  outdir: dist,
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // All hold native parts, or WebAssembly.
  external: [
    'onnxruntime-node',
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-backend-wasm',
    'sharp',
    'ssh2',
    'node-ssh',
  ],
  legalComments: 'none',
  sourcemap: 'linked',
  // Bundled CommonJS packages still ask for Node's own modules.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'error',
});
await chmod(join(dist, 'tilebed.js'), 0o755);
