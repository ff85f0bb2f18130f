/**
 * The engine on TensorFlow.js' WebAssembly backend: no native code, so that it runs wherever Node.js
 * does. One thread; vector instructions where the machine has them.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setThreadsCount, setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from './engine.ts';
import { openTfjsSegment } from './tfjs/segment.ts';

const library = { tf, backend: 'wasm', dependsOnSize: false };

/** Rejects where WebAssembly cannot be had. */
export async function loadTfjsWasm(): Promise<Engine> {
  setWasmPaths(libraryFolder());
  setThreadsCount(1);
  if (!(await withoutNewListeners(() => tf.setBackend(library.backend)))) {
    throw new Error('the WebAssembly backend cannot be initialised');
  }
  return {
    name: 'tfjs-wasm',
    version: version_wasm,
    open: (spec) => openTfjsSegment(library, spec),
  };
}

/** Deployed, the libraries lie in a folder beside this file; elsewhere in their package. Ends with a slash. */
function libraryFolder(): string {
  const deployed = join(import.meta.dirname, 'tfjs-wasm/');
  if (existsSync(deployed)) return deployed;
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist/');
}

/** The backend's loader takes over the process' last errors, only to throw them again without their names. */
async function withoutNewListeners<Result>(load: () => Promise<Result>): Promise<Result> {
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = events.map((event) => new Set(process.rawListeners(event)));
  const result = await load();
  for (const [index, event] of events.entries()) {
    for (const listener of process.rawListeners(event)) {
      if (!before[index]!.has(listener)) process.off(event, listener as () => void);
    }
  }
  return result;
}
