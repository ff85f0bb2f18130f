/** Engines by name; each is loaded only when it is chosen, since a device has no memory for others. */
import { TilebedError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { withRoundedWeights } from './rounded.ts';

export const ENGINE_NAMES = ['onnxruntime', 'tfjs-wasm', 'tfjs-node'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];
export const DEFAULT_ENGINE: EngineName = 'onnxruntime';

const ENGINES: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  onnxruntime: async () => (await import('./onnxruntime.ts')).onnxruntimeEngine,
  'tfjs-wasm': async () =>
    withRoundedWeights(await (await import('./tfjs-wasm.ts')).loadTfjsWasm()),
  'tfjs-node': async () =>
    withRoundedWeights(await (await import('./tfjs-node.ts')).loadTfjsNode()),
};

/** Rejects with a TilebedError: INPUT for an unknown name, MISSING where a part of it cannot be loaded. */
export async function loadEngine(name: string): Promise<Engine> {
  if (!isEngineName(name)) {
    throw new TilebedError('INPUT', `there is no engine \`${name}\``, {
      hint: `engines: ${ENGINE_NAMES.join(', ')}`,
    });
  }
  try {
    return await ENGINES[name]();
  } catch (cause) {
    if (cause instanceof TilebedError) throw cause;
    throw new TilebedError(
      'MISSING',
      `the engine ${name} cannot be loaded on ${process.platform}-${process.arch}`,
      {
        cause,
        hint: 'run `npm ci` again, or choose another engine',
      },
    );
  }
}

function isEngineName(name: string): name is EngineName {
  return (ENGINE_NAMES as readonly string[]).includes(name);
}
