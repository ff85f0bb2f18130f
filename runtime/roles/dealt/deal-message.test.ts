import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planFtpWorkSharing, planModnn, planNeighbour } from '../../partition/dealt.ts';
import { fusibleLayers } from '../../partition/ftp.ts';
import { anyChain } from '../../testing/arbitrary-network.ts';
import { networkOf, section } from '../../testing/cfg.ts';
import { DealReader, encodeDeal } from './deal-message.ts';

test('a plan comes out as it went in', () => {
  fc.assert(
    fc.property(
      anyChain,
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(planFtpWorkSharing, planModnn, planNeighbour),
      ({ network, grid }, count, planner) => {
        const fusedLayers = network.layers.length;
        const edges = Array.from({ length: count }, (_, index) => ({
          name: `edge${index}`,
          address: `10.0.0.${index}`,
          port: 4000 + index,
        }));
        const profiles = edges.map(({ name }) => ({ name, layerMs: [] }));
        const plan = planner({ network, fusedLayers, grid, align: 'per-layer', edges: profiles });
        const reader = new DealReader(fusibleLayers(network, fusedLayers));
        const { plan: read, edges: readEdges } = reader.read(encodeDeal({ plan, edges }));
        expect(readEdges).toEqual(edges);
        expect(read.route).toBe(plan.route);
        expect(read.holders).toEqual(plan.holders);
        expect(read.stages.map(({ from, to }) => [from, to])).toEqual(
          plan.stages.map(({ from, to }) => [from, to]),
        );
        for (const [index, { parts }] of read.stages.entries()) {
          expect(parts.map(({ layers }) => layers)).toEqual(
            plan.stages[index]!.parts.map(({ layers }) => layers),
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe('what is no plan of these layers is refused', () => {
  const network = networkOf(
    { width: 4, height: 6, channels: 1 },
    section('convolutional', { size: 3, pad: 1 }),
    section('maxpool', { size: 2, stride: 2 }),
  );
  const reader = new DealReader(fusibleLayers(network, 2));
  const edges = [{ name: 'a', address: '10.0.0.1', port: 1 }];
  const stage = {
    to: 2,
    outputs: [
      [0, 0, 1, 1],
      [0, 2, 1, 2],
    ],
    holders: [0, 0],
  };
  const sound = { edges, route: 'direct', stages: [stage] };
  const read = (value: unknown) => () => reader.read(Buffer.from(JSON.stringify(value)));

  test('but a sound one is taken, and known again', () => {
    const first = read(sound)();
    expect(first.plan.stages[0]!.parts).toHaveLength(2);
    expect(read(sound)()).toBe(first);
  });

  test.each([
    ['no object', []],
    ['no edges', { ...sound, edges: undefined }],
    ['an edge without a port', { ...sound, edges: [{ name: 'a', address: 'b' }] }],
    ['an edge with an impossible port', { ...sound, edges: [{ ...edges[0], port: 65536 }] }],
    ['an edge that is no object', { ...sound, edges: [7] }],
    ['no route', { ...sound, route: 'somehow' }],
    ['no stages', { ...sound, stages: [] }],
    ['a stage that is no object', { ...sound, stages: [null] }],
    ['a stage beyond the layers', { ...sound, stages: [{ ...stage, to: 3 }] }],
    ['a stage without layers', { ...sound, stages: [{ ...stage, to: 0 }] }],
    ['layers left over', { ...sound, stages: [{ ...stage, to: 1, outputs: [[0, 0, 3, 5]] }] }],
    ['a map that is not covered', { ...sound, stages: [{ ...stage, outputs: [[0, 0, 1, 1]] }] }],
    [
      'parts that overlap',
      {
        ...sound,
        stages: [
          {
            ...stage,
            outputs: [
              [0, 0, 1, 1],
              [0, 1, 1, 1],
            ],
          },
        ],
      },
    ],
    ['a part outside the map', { ...sound, stages: [{ ...stage, outputs: [[0, 0, 2, 1]] }] }],
    ['an empty part', { ...sound, stages: [{ ...stage, outputs: [[1, 0, 0, 2]] }] }],
    ['a part with three corners', { ...sound, stages: [{ ...stage, outputs: [[0, 0, 1]] }] }],
    ['half a row', { ...sound, stages: [{ ...stage, outputs: [[0, 0, 1, 0.5]] }] }],
    ['a part without a holder', { ...sound, stages: [{ ...stage, holders: [0] }] }],
    ['a holder that takes no part', { ...sound, stages: [{ ...stage, holders: [0, 1] }] }],
  ])('%s', (_, value) => {
    expect(read(value)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  });

  test('no JSON', () => {
    expect(() => reader.read(Buffer.from('{'))).toThrow('a plan is no object');
  });
});
