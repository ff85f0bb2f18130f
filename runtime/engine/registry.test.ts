import { expect, test } from 'vitest';
import { ENGINE_NAMES, loadEngine } from './registry.ts';

test.each([...ENGINE_NAMES])('%s can be loaded here', async (name) => {
  expect((await loadEngine(name)).name).toBe(name);
});

test('an unknown engine is an error that names the known ones', async () => {
  await expect(loadEngine('abacus')).rejects.toMatchObject({
    code: 'INPUT',
    message: 'there is no engine `abacus`',
    hint: 'engines: onnxruntime',
  });
});
