/** Frames in simulated time: edges and links change, and the plan follows what is measured of them. */
import { describe, expect, test } from 'vitest';
import { layerMultiplyAccumulates } from '../model/operations.ts';
import { type AdaptiveInput, AdaptivePlanner } from '../partition/adaptive.ts';
import { partMs } from '../partition/cost-model.ts';
import type { DealtPlan, EdgeProfile } from '../partition/stages.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { seededRandom } from '../testing/random.ts';
import { Profiles } from './profiles.ts';
import { Replanner } from './replanner.ts';

const network = await bundledNetwork('yolov2');
const fusedLayers = 8;
const planner = new AdaptivePlanner(network, fusedLayers);
const SETTINGS = {
  network,
  fusedLayers,
  grid: { rows: 3, columns: 3 },
  align: 'output',
} as const;

const baseMs = network.layers.slice(0, fusedLayers).map((layer) => {
  return Math.max(2, layerMultiplyAccumulates(layer) / 2e7);
});

/** An edge as it really is. */
interface Truth {
  speed: number;
  rate: number;
}

/** What a trial's gateway does, with true edges that may be changed between frames. */
class Trial {
  readonly truth: Truth[];
  readonly #profiles = new Profiles();
  readonly #replanner = new Replanner(planner, SETTINGS);
  readonly #random = seededRandom(1);
  changes = 0;
  plan: DealtPlan | undefined;

  constructor(truth: readonly Truth[]) {
    this.truth = truth.map((edge) => ({ ...edge }));
    for (const profile of this.#true()) this.#profiles.join(profile);
  }

  /** @returns how long the last of so many frames took, over what the best plan for the true edges would have taken */
  frames(count: number): number {
    let latencyMs = 0;
    for (let frame = 0; frame < count; frame++) latencyMs = this.#frame();
    const best = planner.plan({ ...SETTINGS, edges: this.#true() });
    return latencyMs / best.cost.latencyMs;
  }

  share(edge: number): number {
    const { stages, holders } = this.plan!;
    const [last, holder] = [stages.at(-1)!, holders.at(-1)!];
    return last.parts
      .filter((_, part) => holder[part] === edge)
      .reduce((sum, { output }) => sum + (output.y2 - output.y1 + 1) / 76, 0);
  }

  #frame(): number {
    const names = this.truth.map((_, index) => `edge${index}`);
    const { plan, changed } = this.#replanner.choose(
      names.map((name) => this.#profiles.current(name)),
    );
    if (changed !== undefined) this.changes++;
    this.plan = plan;
    const edges = this.#true();
    for (const [index, name] of names.entries()) {
      let [profileMs, tookMs] = [0, 0];
      for (const [stage, { parts }] of plan.stages.entries()) {
        for (const [part, holder] of plan.holders[stage]!.entries()) {
          if (holder !== index) continue;
          profileMs += partMs(network, parts[part]!, this.#profiles.measured(name).layerMs);
          tookMs += partMs(network, parts[part]!, edges[index]!.layerMs);
        }
      }
      this.#profiles.computed(name, profileMs, tookMs * this.#noise());
      const holdsResult = plan.holders.at(-1)!.includes(index);
      const bytes = holdsResult ? 300_000 : 0;
      this.#profiles.transferred(
        name,
        bytes,
        (bytes * 8000 * this.#noise()) / this.truth[index]!.rate,
      );
    }
    const used = plan.holders.flat().map((holder) => names[holder]!);
    this.#profiles.frameDone(new Set(used));
    return planner.cost({ ...SETTINGS, edges }, plan).latencyMs;
  }

  /** Within a twentieth, but for a hiccup now and then. */
  #noise(): number {
    return this.#random() < 0.02 ? 5 : 0.95 + this.#random() / 10;
  }

  #true(): EdgeProfile[] {
    return this.truth.map(({ speed, rate }, index) => ({
      name: `edge${index}`,
      layerMs: baseMs.map((ms) => ms / speed),
      rateBitsPerSecond: rate,
    }));
  }
}

const GIGABIT = 1e9;

describe('within a tenth of the best plan for how things are', () => {
  test('edges of which one is four times as fast', () => {
    const trial = new Trial([
      { speed: 1, rate: GIGABIT },
      { speed: 4, rate: GIGABIT },
      { speed: 2, rate: GIGABIT },
    ]);
    expect(trial.frames(1)).toBeLessThan(1.1);
    expect(trial.frames(30)).toBeLessThan(1.1);
  });

  test('an edge slows down by four, and recovers', () => {
    const trial = new Trial(Array(3).fill({ speed: 1, rate: GIGABIT }));
    trial.frames(10);
    const fair = trial.share(1);
    trial.truth[1]!.speed = 0.25;
    expect(trial.frames(5)).toBeLessThan(1.1);
    expect(trial.share(1)).toBeLessThan(fair / 2);
    trial.truth[1]!.speed = 1;
    expect(trial.frames(5)).toBeLessThan(1.1);
    expect(trial.share(1)).toBeGreaterThan(0.7 * fair);
  });

  test('an edge becomes so slow that it is left out, and is found again when it has recovered', () => {
    const trial = new Trial(Array(3).fill({ speed: 1, rate: GIGABIT }));
    trial.frames(10);
    trial.truth[2]!.speed = 0.02;
    expect(trial.frames(6)).toBeLessThan(1.1);
    expect(trial.share(2)).toBe(0);
    trial.frames(10);
    trial.truth[2]!.speed = 1;
    expect(trial.frames(80)).toBeLessThan(1.1);
    expect(trial.share(2)).toBeGreaterThan(0.25);
  });

  test('a link drops from a gigabit to ten megabits', () => {
    const trial = new Trial(Array(3).fill({ speed: 1, rate: GIGABIT }));
    trial.frames(10);
    trial.truth[2]!.rate = 1e7;
    expect(trial.frames(6)).toBeLessThan(1.1);
  });

  test('all links drop, so that the source is best alone', () => {
    const trial = new Trial(Array(3).fill({ speed: 1, rate: GIGABIT }));
    trial.frames(10);
    for (const edge of trial.truth) edge.rate = 2e6;
    expect(trial.frames(6)).toBeLessThan(1.1);
    expect(trial.share(0)).toBe(1);
  });
});

test('a plan does not flap: noise changes it hardly ever, and a slow edge is tried again seldom', () => {
  const steady = new Trial(Array(4).fill({ speed: 1, rate: GIGABIT }));
  steady.frames(100);
  expect(steady.changes).toBeLessThanOrEqual(3);
  const slow = new Trial(Array(3).fill({ speed: 1, rate: GIGABIT }));
  slow.frames(5);
  slow.truth[1]!.speed = 0.02;
  slow.frames(200);
  expect(slow.changes).toBeLessThan(30);
});

test('says why a plan was changed', () => {
  const replanner = new Replanner(planner, SETTINGS);
  const edges = (slowness: number) =>
    [1, slowness].map((factor, index) => ({
      name: `edge${index}`,
      layerMs: baseMs.map((ms) => ms * factor),
    }));
  expect(replanner.choose(edges(1)).changed).toBe('the first plan');
  expect(replanner.choose(edges(1)).changed).toBeUndefined();
  expect(replanner.choose(edges(4)).changed).toMatch(
    /ms expected: edge1 computes 4\.00 times slower$/,
  );
  expect(replanner.choose(edges(4).slice(0, 1)).changed).toBe('other edges than before');
});

test.each([
  [32, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  [128, [0, 1, 3, 7, 11]],
])('of %d edges that always change another plan is looked for at frames %j', (count, expected) => {
  let frame = 0;
  const looks: number[] = [];
  class Watched extends AdaptivePlanner {
    override plan(input: AdaptiveInput) {
      looks.push(frame);
      return super.plan(input);
    }
  }
  const replanner = new Replanner(new Watched(network, fusedLayers), SETTINGS);
  const choose = (edges: number) =>
    replanner.choose(
      Array.from({ length: edges }, (_, index) => ({
        name: `edge${index}`,
        layerMs: baseMs.map((ms) => ms * (1 + ((index + frame) % 3))),
      })),
    );
  for (; frame < 12; frame++) choose(count);
  expect(looks).toEqual(expected);
  // Edges that are gone cannot wait.
  expect(choose(count - 1).changed).toBe('other edges than before');
});
