import { expect, test } from 'vitest';
import { engineContract } from '../testing/engine-contract.ts';
import { loadEngine } from './registry.ts';

engineContract(() => loadEngine('tfjs-wasm'));

test('leaves the last errors of the process to those who are in charge of them', async () => {
  const listeners = () =>
    ['uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event));
  const before = listeners();
  await loadEngine('tfjs-wasm');
  expect(listeners()).toEqual(before);
});
