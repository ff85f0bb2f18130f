/**
 * The engine on TensorFlow's C library, through `@tensorflow/tfjs-node`. An optional part: the library
 * weighs hundreds of megabytes and is fetched when the package is installed, so that it is neither
 * among tilebed's dependencies nor in the bundle that is deployed.
 */
import { createRequire } from 'node:module';
import { TilebedError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { findTfjsNode, HOW_TO_INSTALL } from './tfjs/find-tfjs-node.ts';
import { openTfjsSegment } from './tfjs/segment.ts';
import type { TensorFlow } from './tfjs/tensors.ts';

/** Rejects with a TilebedError (MISSING) where the package is not installed. */
export async function loadTfjsNode(): Promise<Engine> {
  const installed = findTfjsNode();
  if (installed === undefined) {
    throw new TilebedError('MISSING', 'the engine tfjs-node is optional, and not installed here', {
      hint: HOW_TO_INSTALL,
    });
  }
  const { folder, version } = installed;
  const library = { tf: loadLibrary(folder), backend: 'tensorflow', dependsOnSize: true };
  return { name: 'tfjs-node', version, open: (spec) => openTfjsSegment(library, spec) };
}

/** The C library reads its settings from the environment when it is loaded. */
function loadLibrary(folder: string): TensorFlow {
  Object.assign(process.env, {
    TF_NUM_INTRAOP_THREADS: '1',
    TF_NUM_INTEROP_THREADS: '1',
    // oneDNN's convolutions add up in an order that depends on the size of the map.
    TF_ENABLE_ONEDNN_OPTS: '0',
    TF_CPP_MIN_LOG_LEVEL: process.env['TF_CPP_MIN_LOG_LEVEL'] ?? '2',
  });
  try {
    return createRequire(import.meta.url)(folder) as TensorFlow;
  } catch (cause) {
    throw new TilebedError('MISSING', `@tensorflow/tfjs-node in ${folder} cannot be loaded`, {
      cause,
      hint: HOW_TO_INSTALL,
    });
  }
}
