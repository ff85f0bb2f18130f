/** Engines by name; each is loaded only when it is chosen, since a device has no memory for others. */
import { TilebedError } from '../errors.ts';
import type { Engine } from './engine.ts';

const ENGINES: Readonly<Record<string, () => Promise<Engine>>> = {
  onnxruntime: async () => (await import('./onnxruntime.ts')).onnxruntimeEngine,
};

export const ENGINE_NAMES: readonly string[] = Object.keys(ENGINES);

/** Rejects with a TilebedError: INPUT for an unknown name, MISSING where its native part cannot be loaded. */
export async function loadEngine(name: string): Promise<Engine> {
  const load = ENGINES[name];
  if (load === undefined) {
    throw new TilebedError('INPUT', `there is no engine \`${name}\``, {
      hint: `engines: ${ENGINE_NAMES.join(', ')}`,
    });
  }
  try {
    return await load();
  } catch (cause) {
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
