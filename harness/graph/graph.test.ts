/**
 * Drawings beside what they should be: tests/golden/graphs. After a deliberate change, `npx vitest run
 * harness/graph -u` writes them anew.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { loadTestbed } from '../spec/load-testbed.ts';
import type { Testbed } from '../spec/resolved.ts';
import { renderMermaid } from './mermaid.ts';
import { renderSvg } from './svg.ts';
import { renderText } from './text.ts';

const FOLDER = fileURLToPath(new URL('../../tests/golden/graphs/', import.meta.url));
const testbed = await loadTestbed(join(FOLDER, 'rack.yaml'));

test.each([
  ['rack.txt', renderText],
  ['rack.mmd', renderMermaid],
  ['rack.svg', renderSvg],
])('%s', async (name, render) => {
  await expect(render(testbed)).toMatchFileSnapshot(join(FOLDER, name));
});

describe('the drawing', () => {
  const many = (count: number): Testbed => ({
    ...testbed,
    pairs: [],
    nodes: [
      testbed.nodes[0]!,
      ...Array.from({ length: count }, (_, index) => ({
        name: `edge${index}`,
        role: 'edge' as const,
        address: `10.10.10.${index + 3}`,
      })),
    ],
  });

  // librsvg takes nothing that is not well-formed.
  test.each([1, 2, 6, 7, 40])('is well-formed and has all of %i edges inside', async (count) => {
    const svg = renderSvg(many(count));
    const { width = 0, height = 0 } = await sharp(Buffer.from(svg)).metadata();
    const corners = [
      ...svg.matchAll(
        /<rect class="card[^"]*" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
      ),
    ];
    expect(corners).toHaveLength(count + 1);
    for (const [, x, y, cardWidth, cardHeight] of corners) {
      expect(Number(x) + Number(cardWidth)).toBeLessThanOrEqual(width);
      expect(Number(y) + Number(cardHeight)).toBeLessThanOrEqual(height);
    }
  });

  test('a broken one would be noticed', async () => {
    const broken = renderSvg(testbed).replace('</svg>', '</g></svg>');
    await expect(sharp(Buffer.from(broken)).metadata()).rejects.toThrow();
  });

  test('names every node, address and link', () => {
    const svg = renderSvg(testbed);
    for (const { name, address } of testbed.nodes) {
      expect(svg).toContain(`>${name}</text>`);
      expect(svg).toContain(`>${address}</text>`);
    }
    expect(svg).toContain('>delay 20 ms, loss 0.1 %</text>');
  });
});

const READY = fileURLToPath(new URL('../../testbeds/', import.meta.url));
const ready = readdirSync(READY).filter((name) => name.endsWith('.yaml'));

test.each(ready)('the ready file %s can be drawn', async (file) => {
  const drawn = await loadTestbed(join(READY, file));
  for (const text of [renderText(drawn), renderMermaid(drawn), renderSvg(drawn)]) {
    for (const { name, address } of drawn.nodes) {
      expect(text).toContain(name);
      expect(text).toContain(address);
    }
  }
});
