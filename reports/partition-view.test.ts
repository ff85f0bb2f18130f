/** The tiles of a frame are drawn where they read it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadNetwork } from '../runtime/model/load.ts';
import { fixtureResults } from './fixture.ts';
import { renderHtml } from './html.ts';
import { partitionView } from './partition-view.ts';

const CFG = join(
  fileURLToPath(new URL('..', import.meta.url)),
  'experiments/models/yolov2-first16.cfg',
);

test('a rectangle a tile, which overlap, and what that costs', async () => {
  const network = await loadNetwork(CFG);
  const { body, description } = partitionView(network, '3x3', 16)!;
  const boxes = [
    ...body.text.matchAll(/class="f0 tile" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/g),
  ];
  expect(boxes).toHaveLength(9);
  const [first, second] = boxes.map(([, x, , width]) => ({ x: Number(x), width: Number(width) }));
  expect(first!.x).toBe(0);
  expect(first!.x + first!.width).toBeGreaterThan(second!.x);
  expect(description).toContain('608 × 608 pixels');
  expect(description).toMatch(/compute [\d.]+ % more than the whole/);
});

test('one tile is no partition, and results without their network have no such drawing', async () => {
  const network = await loadNetwork(CFG);
  expect(partitionView(network, '1x1', 16)).toBeUndefined();
  const results = fixtureResults();
  expect(await renderHtml(results)).not.toContain('Tiles on the frame');
  expect(await renderHtml({ ...results, network })).toContain('Tiles on the frame');
});
