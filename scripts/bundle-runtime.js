/**
 * Makes dist/bundle: everything that a node of this platform needs beside Node.js itself, and dist/bundles for
 * the others that tilebed brings it to. The runtime becomes one file a thread and one an engine, which is read
 * only when it is chosen; of the engines' libraries only what the platform loads comes along, in a folder an
 * engine: npm would leave a folder `node_modules` out of the package. tfjs-node does not come along: a node
 * that is to use it has its own.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = join(root, 'dist/bundle');
const ownPlatform = `${process.platform}/${process.arch}`;
/** The engine has libraries for the first two; the third computes with WebAssembly. */
const PLATFORMS = ['linux/x64', 'linux/arm64', 'linux/arm'];

/** The engine's library under its full version number, which is there as .so.1 too; CUDA's part. */
const UNUSED = /(\.so\.\d+\.[\d.]+|providers_shared\.so)$/;

await rm(bundle, { recursive: true, force: true });
await build({
  entryPoints: {
    main: join(root, 'dist/runtime/main.js'),
    'compute-worker': join(root, 'dist/runtime/roles/compute-worker.js'),
  },
  outdir: bundle,
  // Beside the entries, since threads are started by their paths.
  chunkNames: '[name]-[hash]',
  splitting: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  plugins: [{ name: 'native-library', setup: findLibraryBeside }],
  legalComments: 'none',
  // Every thread keeps its source in memory; names stay, for those who read a stack.
  minifyWhitespace: true,
  minifySyntax: true,
  // Bundled CommonJS packages still ask for Node's own modules, and where they are.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url); const __dirname = import.meta.dirname;",
  },
  logLevel: 'warning',
});
await writeFile(join(bundle, 'package.json'), '{"type":"module"}\n');

const require = createRequire(import.meta.url);
await copyTfjsWasm(bundle);
const folders = new Map([[ownPlatform, bundle]]);
await rm(join(root, 'dist/bundles'), { recursive: true, force: true });
for (const platform of PLATFORMS) {
  if (platform === ownPlatform) continue;
  const folder = join(root, 'dist/bundles', platform.replace('/', '-'));
  await cp(bundle, folder, { recursive: true });
  folders.set(platform, folder);
}
for (const [platform, folder] of folders) await copyOnnxruntime(folder, platform);
await writeManifests([...folders.values()]);

/** The engine looks for its library in its own package; here it lies beside the chunk. */
function findLibraryBeside(build) {
  build.onLoad({ filter: /onnxruntime-node\/dist\/binding\.js$/ }, async ({ path }) => {
    const contents = await readFile(path, 'utf8');
    const place = /require\(`\.\.\/bin\/napi-v\d+\/([^`]+)`\)/;
    if (!place.test(contents)) throw new Error(`${path} no longer loads its library as it did`);
    // Behind a name, since esbuild would bundle what a literal path may stand for.
    return {
      contents: contents.replace(place, '[`./onnxruntime/$1`].map((path) => require(path))[0]'),
    };
  });
}

async function copyOnnxruntime(folder, platform) {
  const engine = packageFolder('onnxruntime-node');
  const [napi] = await readdir(join(engine, 'bin'));
  const library = join(engine, 'bin', napi, platform);
  if (existsSync(library)) await copyUsed(library, join(folder, 'onnxruntime', platform));
}

/** Of the three variants of its library the threaded one is for browsers. */
async function copyTfjsWasm(folder) {
  const engine = packageFolder('@tensorflow/tfjs-backend-wasm');
  for (const variant of ['', '-simd']) {
    const file = `tfjs-backend-wasm${variant}.wasm`;
    await copyUsed(join(engine, 'dist', file), join(folder, 'tfjs-wasm', file));
  }
}

function packageFolder(name) {
  const entry = require.resolve(name);
  return `${entry.slice(0, entry.lastIndexOf(`node_modules/${name}`))}node_modules/${name}`;
}

async function copyUsed(from, to) {
  await mkdir(dirname(to), { recursive: true });
  const wanted = (path) => !UNUSED.test(path);
  await cp(from, to, { recursive: true, dereference: true, filter: wanted });
}

/** All have one name, since they are one version of one runtime; each lists its own files. */
async function writeManifests(folders) {
  const lists = await Promise.all(folders.map(listFiles));
  const lines = lists.flatMap((files) => files.map(({ path, sha256 }) => `${sha256}  ${path}\n`));
  const hash = createHash('sha256')
    .update([...new Set(lines)].sort().join(''))
    .digest('hex')
    .slice(0, 16);
  for (const [index, folder] of folders.entries()) {
    const manifest = { hash, files: lists[index] };
    await writeFile(join(folder, 'bundle.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  }
}

async function listFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  const files = [];
  for (const path of paths) {
    const file = join(folder, path);
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    files.push({ path, sha256, size: (await stat(file)).size });
  }
  return files;
}
