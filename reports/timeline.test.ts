import { expect, test } from 'vitest';
import type { Trace, TraceSpan } from '../harness/results/format.ts';
import { fixtureResults } from './fixture.ts';
import { timeline } from './timeline.ts';

const [, trace] = fixtureResults().traces;

function draw(spans: readonly TraceSpan[], maximumBars = 4000) {
  const drawn: Trace = { ...trace!, spans };
  const roleOf = (node: string) => (node === 'gateway' ? 'gateway' : 'edge');
  return timeline(drawn, { title: 'Timeline', roleOf, maximumBars });
}

function bars(text: string): { x: number; width: number; tip: string }[] {
  const pattern = /<rect x="([^"]*)" y="[^"]*" width="([^"]*)" height="[^"]*"><title>([^<]*)</g;
  return [...text.matchAll(pattern)].map(([, x, width, tip]) => ({
    x: Number(x),
    width: Number(width),
    tip: tip!,
  }));
}

test('every span has a bar within the drawing, and says what it is', () => {
  const { body, width } = draw(trace!.spans);
  const drawn = bars(body.text);
  expect(drawn).toHaveLength(trace!.spans.length);
  for (const bar of drawn) {
    expect(bar.x).toBeGreaterThanOrEqual(124);
    expect(bar.x + bar.width).toBeLessThanOrEqual(width);
    expect(bar.width).toBeGreaterThan(0);
  }
  const stolen = drawn.find(({ tip }) => tip.includes('on edge1, stolen'));
  expect(stolen?.tip).toMatch(
    /^compute edge0\/f\d tile \d+\non edge1, stolen\n[\d.]+ to [\d.]+ ms: [\d.]+ ms$/,
  );
});

test('the gateway comes first, then edges by number', () => {
  const span = { kind: 'compute', startMs: 0, endMs: 1, source: 'edge1', frame: 0 } as const;
  const spans = ['edge10', 'edge2', 'gateway'].map((node) => ({ ...span, node }));
  const names = [...draw(spans).body.text.matchAll(/<text class="label"[^>]*>([^<]*)</g)];
  expect(names.map(([, name]) => name)).toEqual(['gateway', 'edge2', 'edge10']);
});

test('frames take a colour each, in the order of their names, and say when colours repeat', () => {
  const spans = Array.from({ length: 11 }, (_, frame) => ({
    node: 'edge0',
    kind: 'compute' as const,
    startMs: frame,
    endMs: frame + 1,
    source: 'edge0',
    frame,
  }));
  const { text } = draw(spans).body;
  expect(text).toContain('3 more, colours repeat');
  const [third] = /<g class="f2">.*?<\/g>/s.exec(text)!;
  expect(third.match(/frame|edge0\/f\d+/g)).toEqual(['edge0/f2', 'edge0/f10']);
});

test('only the longest bars are drawn where there are too many, and the rest is owned up to', () => {
  const sorted = trace!.spans.toSorted((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs));
  const { body, description } = draw(trace!.spans, 10);
  expect(bars(body.text)).toHaveLength(10);
  expect(body.text).toContain(sorted[0]!.startMs.toFixed(1));
  expect(description).toContain(`${trace!.spans.length - 10} bars of at most`);
  expect(draw(trace!.spans).description).not.toContain('left out');
});

test('spans before the start signal and empty traces are drawn too', () => {
  const early = { node: 'edge0', kind: 'cut', startMs: -3, endMs: -1 } as const;
  const [bar] = bars(draw([early, { ...early, startMs: 0, endMs: 40 }]).body.text);
  expect(bar!.x).toBeGreaterThanOrEqual(124);
  expect(bars(draw([]).body.text)).toEqual([]);
});
