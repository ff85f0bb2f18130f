/** What planning makes of the frames that were dealt by it, on a clock of the tests. */
import { expect, test } from 'vitest';
import { layerMultiplyAccumulates } from '../../model/operations.ts';
import { planCost } from '../../partition/cost.ts';
import { type CostModel, costModel } from '../../partition/cost-model.ts';
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

  frame(): DealtPlan {
    const plan = this.planning.plan(NAMES, ALONE);
    const deal = { id: ++this.#id, source: 'edge0', frame: this.#id, edges: NAMES, plan };
    this.planning.dealt(deal);
    this.#nowMs += planCost(this.#truth, plan).latencyMs;
    this.planning.merged(deal);
    return plan;
  }
}

test("a plan that was found ahead is the next frame's, and tells why it is another", () => {
  const [ahead, late] = [new Trial('links', 160e6), new Trial('links', 160e6)];
  for (const trial of [ahead, late]) {
    trial.frame();
    for (let frame = 0; frame < 5; frame++) {
      trial.planning.transferred('edge1', { bytes: 250_000, ms: 2000 });
    }
  }
  ahead.planning.lookAhead();
  expect(ahead.frame()).toEqual(late.frame());
  expect(ahead.plans[1]!.why).toBe(late.plans[1]!.why);
  expect(ahead.plans[1]!.why).toContain('edge1 sends');
});

test('one medium for all has another plan than a link each', () => {
  const [links, shared] = [new Trial('links', 40e6), new Trial('shared', 40e6)];
  expect(shared.frame()).not.toEqual(links.frame());
  expect(shared.plans[0]!.predictedLatencyMs).toBeGreaterThan(links.plans[0]!.predictedLatencyMs);
});
