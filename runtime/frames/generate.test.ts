import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type GeneratedFrame, generatePicture } from './generate.ts';

function sha256(frame: GeneratedFrame): string {
  return createHash('sha256').update(generatePicture(frame).pixels).digest('hex');
}

test('a seed and an index give the same picture everywhere', () => {
  const hash = sha256({ seed: 1, index: 0, width: 320, height: 240 });
  expect(hash).toMatchInlineSnapshot(
    `"01801d6dce1cbba453ddbd32acabe395d9b6a676fea0c9425bdc6098e1d56174"`,
  );
});

test('every seed and every index give another picture', () => {
  const hashes = new Set<string>();
  for (const seed of [0, 1, 2, 99]) {
    for (let index = 0; index < 10; index++) {
      hashes.add(sha256({ seed, index, width: 64, height: 48 }));
    }
  }
  expect(hashes.size).toBe(40);
});

test.each([
  [1, 1],
  [1, 40],
  [40, 1],
  [3, 2],
  [97, 13],
])('%i x %i pixels can be drawn', (width, height) => {
  const picture = generatePicture({ seed: 3, index: 1, width, height });
  expect(picture).toMatchObject({ width, height });
  expect(picture.pixels).toHaveLength(width * height * 3);
});

test('no area is flat, so that nothing downstream is tested with zeros', () => {
  const { pixels } = generatePicture({ seed: 5, index: 0, width: 160, height: 120 });
  let equal = 0;
  for (let at = 3; at < pixels.length; at += 3) {
    if ([0, 1, 2].every((colour) => pixels[at + colour] === pixels[at - 3 + colour])) equal++;
  }
  expect(equal / (pixels.length / 3)).toBeLessThan(0.01);
});
