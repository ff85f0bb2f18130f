import { expect, test } from 'vitest';
import { requireSameTransfer } from './resumable.ts';

const PIXELS = { frames: 'pixels', halos: 'direct' } as const;
const PAPERS = { frames: 'floats', halos: 'gateway' } as const;

test('results that sent otherwise are not continued', () => {
  expect(() => requireSameTransfer('some', { transfer: PIXELS }, PAPERS)).toThrow(
    expect.objectContaining({
      code: 'INPUT',
      message: expect.stringContaining('are of transfer { frames: pixels, halos: direct }'),
    }),
  );
  const halos = { ...PAPERS, halos: 'direct' } as const;
  expect(() => requireSameTransfer('some', { transfer: PAPERS }, halos)).toThrow('halos: gateway');
});

test('the same is continued, and results that do not say it sent pixels', () => {
  requireSameTransfer('some', { transfer: PAPERS }, PAPERS);
  requireSameTransfer('some', {}, PIXELS);
  expect(() => requireSameTransfer('some', {}, PAPERS)).toThrow();
});
