/** What planning makes of the frames that were dealt by it, on a clock of the tests. */
import { expect, test } from 'vitest';
import { layerMultiplyAccumulates } from '../../model/operations.ts';
import { type CostModel, costModel, planCost } from '../../partition/cost.ts';
import type { DealtPlan } from '../../partition/stages.ts';
import { bundledNetwork } from '../../testing/bundled-network.ts';
import type { PlanEvent, RoleEvent } from '../events.ts';
import { AdaptivePlanning, type PlanningSettings } from './adaptive-planning.ts';

const network = await bundledNetwork('yolov2');
const fusedLayers = 16;
const SETTINGS = { network, fusedLayers, grid: { rows: 1, columns: 1 }, align: 'output' } as const;
const NAMES = ['edge0', 'edge1', 'edge2', 'edge3', 'edge4', 'edge5'];
const ALONE = { frames: 1, sources: ['edge0'] };
const layerMs = network.layers.slice(0, fusedLayers).map((layer) => {
  return 1 + layerMultiplyAccumulates(layer) / 4e6;
});

class Trial {
  readonly events: RoleEvent[] = [];
  readonly planning: AdaptivePlanning;
  readonly #truth: CostModel;
  #nowMs = 0;
  #id = 0;

  constructor(medium: PlanningSettings['medium'], rateBitsPerSecond: number) {
    const settings = { ...SETTINGS, medium };
    this.planning = new AdaptivePlanning(
      settings,
      (event) => this.events.push(event),
      () => this.#nowMs,
    );
    const edges = NAMES.map((name) => ({ name, layerMs, rateBitsPerSecond, delayMs: 1 }));
    for (const edge of edges) this.planning.know(edge);
    this.#truth = costModel({ ...SETTINGS, medium: medium ?? 'links', edges });
  }

  get plans(): PlanEvent[] {
    return this.events.filter((event): event is PlanEvent => event.event === 'plan');
  }

  /** @param waitMs of each stage, beside what is expected of it */
  frame(waitMs: number): DealtPlan {
    const plan = this.planning.plan(NAMES, ALONE);
    const deal = { id: ++this.#id, source: 'edge0', frame: this.#id, edges: NAMES, plan };
    this.planning.dealt(deal);
    this.#nowMs += planCost(this.#truth, plan).latencyMs + waitMs * plan.stages.length;
    this.planning.merged(deal);
    return plan;
  }
}

test('where stages wait for long, the next frames have fewer of them', () => {
  const trial = new Trial('links', 160e6);
  const before = trial.frame(0).stages.length;
  expect(before).toBeGreaterThan(3);
  for (let frame = 0; frame < 6; frame++) trial.frame(200);
  expect(trial.frame(200).stages.length).toBeLessThan(before);
  expect(trial.plans).toHaveLength(2);
  expect(trial.plans[1]!.why).toContain('stages wait 200 ms longer');
});

test("a trial's first frame does not count, however long it took", () => {
  const trial = new Trial('links', 160e6);
  const before = trial.frame(1000).stages.length;
  expect(trial.frame(0).stages).toHaveLength(before);
});

test("a plan that was found ahead is the next frame's, and tells why it is another", () => {
  const [ahead, late] = [new Trial('links', 160e6), new Trial('links', 160e6)];
  for (const trial of [ahead, late]) {
    trial.frame(0);
    for (let frame = 0; frame < 5; frame++) {
      trial.planning.transferred('edge1', { bytes: 250_000, ms: 2000 });
    }
  }
  ahead.planning.lookAhead();
  expect(ahead.frame(0)).toEqual(late.frame(0));
  expect(ahead.plans[1]!.why).toBe(late.plans[1]!.why);
  expect(ahead.plans[1]!.why).toContain('edge1 sends');
});

test('one medium for all has another plan than a link each', () => {
  const [links, shared] = [new Trial('links', 40e6), new Trial('shared', 40e6)];
  expect(shared.frame(0)).not.toEqual(links.frame(0));
  expect(shared.plans[0]!.predictedLatencyMs).toBeGreaterThan(links.plans[0]!.predictedLatencyMs);
});
