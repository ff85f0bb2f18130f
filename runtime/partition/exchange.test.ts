/** What travels between two ways of sharing a stage out: looked up, it is what looking everywhere finds. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { type Candidate, StageShape } from './candidates.ts';
import { type CostModel, costModel } from './cost-model.ts';
import { Exchanges, exchange, exchangeAtLeastMs, halosAtLeastMs } from './exchange.ts';
import { ExchangeMeter } from './exchange-meter.ts';
import { fusibleLayers } from './ftp.ts';

const network = await bundledNetwork('yolov2');
const layers = fusibleLayers(network, 16);
const CUT = 8;
const SHAPES = [
  [new StageShape(layers.slice(4, CUT)), new StageShape(layers.slice(CUT, 12))],
  [new StageShape(layers.slice(0, CUT)), new StageShape(layers.slice(CUT, 16))],
] as const;
const ELEMENT_BYTES = 4 * network.layers[CUT]!.input.channels;

const edges = fc.array(
  fc.record({
    name: fc.constant('edge'),
    speed: fc.double({ min: 1, max: 3, noNaN: true }),
    rateBitsPerSecond: fc.double({ min: 1e7, max: 4e7, noNaN: true }),
  }),
  { minLength: 1, maxLength: 24 },
);

const cases = fc
  .record({
    edges,
    medium: fc.constantFrom('shared' as const, 'links' as const),
    shapes: fc.constantFrom(...SHAPES),
    delayMs: fc.constantFrom(0, 3),
    picks: fc.tuple(fc.nat(), fc.nat()),
  })
  .map(({ edges, medium, shapes, delayMs, picks }) => {
    const profiles = edges.map(({ name, speed, rateBitsPerSecond }) => {
      const layerMs = layers.map(() => 10 * speed);
      return { name, layerMs, rateBitsPerSecond, delayMs };
    });
    const pairs = [{ between: [0, 1] as const, rateBitsPerSecond: 1e6 }];
    const conditions = { network, fusedLayers: 16, edges: profiles, medium };
    const model = costModel(edges.length > 2 ? { ...conditions, pairs } : conditions);
    const [before, after] = shapes.map((shape, index) => {
      const candidates = shape.candidates(model);
      return candidates[picks[index]! % candidates.length]!;
    });
    return { model, before: before!, after: after! };
  });

/** Every cell against every other. */
function everywhere(model: CostModel, before: Candidate, after: Candidate): ExchangeMeter {
  const meter = new ExchangeMeter(model);
  for (const [taker, edge] of after.holders.entries()) {
    const [x1, y1, x2, y2] = after.inputs.slice(4 * taker, 4 * taker + 4) as unknown as Four;
    for (const [giver, other] of before.holders.entries()) {
      const [left, top, right, bottom] = before.outputs.slice(
        4 * giver,
        4 * giver + 4,
      ) as unknown as Four;
      const width = Math.min(x2, right) - Math.max(x1, left) + 1;
      const height = Math.min(y2, bottom) - Math.max(y1, top) + 1;
      if (width <= 0 || height <= 0 || other === edge) continue;
      meter.add(other, edge, width * height * ELEMENT_BYTES);
    }
  }
  return meter;
}
type Four = [number, number, number, number];

test('it is the same to the bit, also in a meter that was used before', () => {
  fc.assert(
    fc.property(cases, ({ model, before, after }) => {
      const meter = new ExchangeMeter(model);
      exchange(meter, after, before, 1);
      exchange(meter, before, after, ELEMENT_BYTES);
      const expected = everywhere(model, before, after);
      expect(meter.ms).toBe(expected.ms);
      for (let node = 0; node <= model.edges; node++) {
        expect(meter.messagesMs(node)).toBe(expected.messagesMs(node));
      }
    }),
    { numRuns: 300 },
  );
});

test('it comes to no less than is foretold of it, by both cells or by the later ones alone', () => {
  fc.assert(
    fc.property(cases, ({ model, before, after }) => {
      const { ms } = everywhere(model, before, after);
      const input = network.layers[CUT]!.input;
      const byBoth = exchangeAtLeastMs(model, before, after, ELEMENT_BYTES);
      expect(byBoth).toBeLessThanOrEqual(ms);
      expect(halosAtLeastMs(model, after, input, ELEMENT_BYTES)).toBeLessThanOrEqual(ms);
    }),
    { numRuns: 300 },
  );
});

test('asked again and again, it is told exactly unless it comes to what was said to be enough', () => {
  const enough = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(cases, enough, ({ model, before, after }, shares) => {
      const { ms } = everywhere(model, before, after);
      const exchanges = new Exchanges(model);
      for (const share of [...shares, Number.POSITIVE_INFINITY]) {
        const enoughMs = share * (ms + 1);
        const told = exchanges.ms(before, after, ELEMENT_BYTES, enoughMs);
        if (ms < enoughMs) expect(told).toBe(ms);
        else expect(told).toBeGreaterThanOrEqual(enoughMs);
      }
    }),
    { numRuns: 300 },
  );
});
