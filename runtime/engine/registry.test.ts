import { expect, test, vi } from 'vitest';
import { withoutTfjsNode } from '../testing/present.ts';
import { ENGINE_NAMES, loadEngine } from './registry.ts';
import { tryEngine } from './try-engine.ts';

test.each(ENGINE_NAMES.filter((name) => name !== 'tfjs-node' || !withoutTfjsNode))(
  '%s computes here',
  async (name) => {
    expect((await tryEngine(name)).name).toBe(name);
  },
);

test('an engine that is not installed is an error that says how to mend it', async () => {
  vi.stubEnv('TILEBED_TFJS_NODE', '/nowhere');
  await expect(loadEngine('tfjs-node')).rejects.toMatchObject({
    code: 'MISSING',
    message: 'the engine tfjs-node is optional, and not installed here',
    hint: expect.stringContaining('npm install --global @tensorflow/tfjs-node'),
  });
  vi.unstubAllEnvs();
});

test('an unknown engine is an error that names the known ones', async () => {
  await expect(loadEngine('abacus')).rejects.toMatchObject({
    code: 'INPUT',
    message: 'there is no engine `abacus`',
    hint: 'engines: onnxruntime, tfjs-wasm, tfjs-node',
  });
});
