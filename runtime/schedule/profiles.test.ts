/** What is believed of a link, from transfers that were long enough, too short, or came in a burst. */
import { expect, test } from 'vitest';
import { Profiles } from './profiles.ts';

const MEGABIT = 1e6;
const BYTES = 250_000;

function edgeOn(rateBitsPerSecond: number): Profiles {
  const profiles = new Profiles();
  profiles.join({ name: 'edge0', layerMs: [1], rateBitsPerSecond });
  return profiles;
}

function megabits(profiles: Profiles): number {
  return profiles.current('edge0').rateBitsPerSecond! / MEGABIT;
}

function transfers(profiles: Profiles, tookMs: number): void {
  for (let count = 0; count < 5; count++) profiles.transferred('edge0', BYTES, tookMs);
}

test('a link that gets slower is seen to', () => {
  const profiles = edgeOn(160 * MEGABIT);
  transfers(profiles, 100);
  expect(megabits(profiles)).toBeCloseTo(20);
});

test('what waited in buffers does not make a link hundreds of times faster', () => {
  const profiles = edgeOn(160 * MEGABIT);
  transfers(profiles, 0.05);
  expect(megabits(profiles)).toBeGreaterThanOrEqual(160);
  expect(megabits(profiles)).toBeLessThanOrEqual(200);
});

test('a fast link stays as fast as it was measured, however short the transfers', () => {
  const profiles = edgeOn(1000 * MEGABIT);
  transfers(profiles, 2);
  expect(megabits(profiles)).toBeCloseTo(1000);
});

test('a link that gets faster is seen to, as far as its transfers last', () => {
  const profiles = edgeOn(10 * MEGABIT);
  transfers(profiles, 0.05);
  expect(megabits(profiles)).toBeCloseTo(200);
});

test('of one medium the fastest probe is believed, until transfers say what an edge has of it', () => {
  const profiles = new Profiles({ oneMedium: true });
  for (const [index, rate] of [50, 150, 40].entries()) {
    profiles.join({ name: `edge${index}`, layerMs: [1], rateBitsPerSecond: rate * MEGABIT });
  }
  expect(megabits(profiles)).toBeCloseTo(150);
  transfers(profiles, 100);
  profiles.join({ name: 'edge3', layerMs: [1], rateBitsPerSecond: 160 * MEGABIT });
  expect(megabits(profiles)).toBeCloseTo(20);
});

test('of cables each edge has its own', () => {
  const profiles = edgeOn(50 * MEGABIT);
  profiles.join({ name: 'edge1', layerMs: [1], rateBitsPerSecond: 150 * MEGABIT });
  expect(megabits(profiles)).toBeCloseTo(50);
});
