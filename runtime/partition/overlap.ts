/**
 * Strips in halves, so that what strips need of each other travels while they compute.
 *
 *   strip 0  late           Both sides of the border between strips 0 and 1 are computed first, those of
 *            early ──┐      the border between 1 and 2 last, and so on. What lies along an early border
 *   strip 1  early ──┘      travels while the late halves are computed; what lies along a late one, while
 *            late  ──┐      the next stage's early halves are. Of the last stage, early halves are on
 *   strip 2  late  ──┘      their way to the gateway while the late ones are computed.
 *            early          The first stage, with its deep halos, may stay whole.
 *
 * Where to cut stages and where strips begin is then changed step by step while the timeline gets
 * shorter: whoever gets its part of the frame late, or sends its output last, ends up with a smaller one.
 */
import type { Candidate } from './candidates.ts';
import { planRegion, type WindowLayer } from './ftp.ts';
import type { Region } from './region.ts';
import { type Axis, lengthOf, longerAxis } from './spans.ts';
import type { DealtPlan, Part, Stage } from './stages.ts';
import type { Timelines } from './timeline.ts';

/** A stage's strips of its output map; strip i is of the i-th edge of the team. */
interface StripStage {
  readonly from: number;
  readonly to: number;
  /** Where strips begin, and where the last one ends. */
  readonly cuts: readonly number[];
  readonly halved: boolean;
}

export interface Overlapped {
  readonly plan: DealtPlan;
  readonly latencyMs: number;
}

/**
 * How much is looked at: a part in a timeline takes some 8 µs, so that a plan is found in about a sixth of
 * a frame's time. Less is looked at for a fast testbed, whose gateway has less time between two frames.
 */
const PARTS_A_MS = 20;
/** What is sooner by less is as good. */
const LEAST_GAIN_MS = 0.01;

/** Looks for plans of halved strips over one team of edges. */
export class StripOverlap {
  readonly #timelines: Timelines;
  readonly #layers: readonly WindowLayer[];
  readonly #team: readonly number[];
  readonly #axis: Axis;
  readonly #shares: (from: number, to: number) => readonly Candidate[];
  readonly #parts = new Map<string, Omit<Part, 'index'>>();
  readonly #made = new Map<StripStage, Made>();
  /** Parts that may still be looked at. */
  #partsLeft = 0;

  /**
   * @param layers the fused ones
   * @param team positions of edges, ascending; two at least
   * @param shares how a stage may be shared out, strips of the team among them
   */
  constructor(
    timelines: Timelines,
    layers: readonly WindowLayer[],
    team: readonly number[],
    shares: (from: number, to: number) => readonly Candidate[],
  ) {
    this.#timelines = timelines;
    this.#layers = layers;
    this.#team = team;
    this.#axis = longerAxis(layers.at(-1)!.output);
    this.#shares = shares;
  }

  /**
   * @param cuts where stages may begin and end, ascending, the first and the last layer's end among them
   * @param structures ends of stages to begin with
   * @param expectedMs about what a frame takes
   * @returns the best plan that was found; undefined where the team cannot share any structure in strips
   */
  best(
    cuts: readonly number[],
    structures: readonly (readonly number[])[],
    expectedMs: number,
  ): Overlapped | undefined {
    this.#partsLeft = PARTS_A_MS * expectedMs;
    let best: Found | undefined;
    for (const ends of structures) best = sooner(best, this.#try(this.#stagesOf(ends)));
    if (best === undefined) return undefined;
    const halves = cuts.map(
      (cut): Change =>
        (stages) =>
          toggleHalves(stages, cut),
    );
    const others = cuts.map(
      (cut): Change =>
        (stages) =>
          this.#toggleCut(stages, cut),
    );
    best = this.#improve(best, [...others, ...halves]);
    best = this.#improve(best, [...movedCuts(best.stages), ...halves]);
    return { plan: this.#assemble(best.stages), latencyMs: best.latencyMs };
  }

  /** Keeps every change that is sooner, and tries all again until none is. */
  #improve(start: Found, changes: readonly Change[]): Found {
    let best = start;
    // As many changes as there are have failed one after another: none is left.
    for (let [at, failed] = [0, 0]; failed < changes.length; at = (at + 1) % changes.length) {
      if (this.#partsLeft <= 0) break;
      const found = this.#try(changes[at]!(best.stages));
      const isSooner = found !== undefined && found.latencyMs < best.latencyMs - LEAST_GAIN_MS;
      failed = isSooner ? 0 : failed + 1;
      if (isSooner) best = found;
    }
    return best;
  }

  #try(stages: readonly StripStage[] | undefined): Found | undefined {
    if (stages === undefined) return undefined;
    const plan = this.#assemble(stages);
    this.#partsLeft -= plan.stages.reduce((sum, { parts }) => sum + parts.length, 0);
    return { stages, latencyMs: this.#timelines.latencyMs(plan) };
  }

  #stagesOf(ends: readonly number[]): readonly StripStage[] | undefined {
    const stages = ends.map((to, index) => this.#strips(ends[index - 1] ?? 0, to, index > 0));
    return stages.includes(undefined) ? undefined : (stages as StripStage[]);
  }

  /** Strips that are done at the same time. */
  #strips(from: number, to: number, halved: boolean): StripStage | undefined {
    const { height, width } = this.#layers[to - 1]!.output;
    const isStrip = (outputs: Int32Array, part: number) =>
      this.#axis === 'rows'
        ? outputs[4 * part] === 0 && outputs[4 * part + 2] === width - 1
        : outputs[4 * part + 1] === 0 && outputs[4 * part + 3] === height - 1;
    const found = this.#shares(from, to).find(
      ({ holders, outputs }) =>
        holders.length === this.#team.length &&
        holders.every((holder, part) => holder === this.#team[part] && isStrip(outputs, part)),
    );
    if (found === undefined) return undefined;
    const at = this.#axis === 'rows' ? 3 : 2;
    const cuts = this.#team.map((_, part) => found.outputs[4 * part + at]! + 1);
    return { from, to, cuts: [0, ...cuts], halved };
  }

  /** Two stages as one, or one as two. */
  #toggleCut(stages: readonly StripStage[], cut: number): readonly StripStage[] | undefined {
    const ends = stages.map(({ to }) => to);
    if (cut === 0 || cut === ends.at(-1)) return undefined;
    const others = ends.includes(cut)
      ? ends.filter((to) => to !== cut)
      : [...ends, cut].sort((a, b) => a - b);
    const made = this.#stagesOf(others);
    // What is not touched stays as it is.
    return made?.map((stage) => {
      return stages.find(({ from, to }) => from === stage.from && to === stage.to) ?? stage;
    });
  }

  #assemble(stages: readonly StripStage[]): DealtPlan {
    const made = stages.map((stage) => this.#stage(stage));
    return {
      stages: made.map(({ stage }) => stage),
      holders: made.map(({ holders }) => holders),
      route: 'direct',
    };
  }

  #stage(strips: StripStage): Made {
    const known = this.#made.get(strips);
    if (known !== undefined) return known;
    const made = this.#make(strips);
    this.#made.set(strips, made);
    return made;
  }

  #make({ from, to, cuts, halved }: StripStage): Made {
    const [early, late]: [Omit<Part, 'index'>, number][][] = [[], []];
    for (const [place, edge] of this.#team.entries()) {
      const [first, end] = [cuts[place]!, cuts[place + 1]!];
      const middle = first + ((end - first) >> 1);
      if (!halved || middle === first) {
        early!.push([this.#part(from, to, first, end - 1), edge]);
        continue;
      }
      const halves = [
        this.#part(from, to, first, middle - 1),
        this.#part(from, to, middle, end - 1),
      ];
      const [sooner, later] = place % 2 === 0 ? [1, 0] : [0, 1];
      early!.push([halves[sooner]!, edge]);
      late!.push([halves[later]!, edge]);
    }
    const all = [...early!, ...late!];
    const parts = all.map(([part], index): Part => ({ index, ...part }));
    return { stage: { from, to, parts }, holders: all.map(([, edge]) => edge) };
  }

  #part(from: number, to: number, first: number, last: number): Omit<Part, 'index'> {
    const key = `${from} ${to} ${first} ${last}`;
    let part = this.#parts.get(key);
    if (part === undefined) {
      const layers = this.#layers.slice(from, to);
      part = planRegion(layers, stripOf(layers.at(-1)!, this.#axis, first, last));
      this.#parts.set(key, part);
    }
    return part;
  }
}

/** Undefined where it is no change, or none that can be. */
type Change = (stages: readonly StripStage[]) => readonly StripStage[] | undefined;

interface Made {
  readonly stage: Stage;
  readonly holders: readonly number[];
}

interface Found {
  readonly stages: readonly StripStage[];
  readonly latencyMs: number;
}

function sooner(a: Found | undefined, b: Found | undefined): Found | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.latencyMs < a.latencyMs ? b : a;
}

function toggleHalves(
  stages: readonly StripStage[],
  cut: number,
): readonly StripStage[] | undefined {
  const index = stages.findIndex(({ from }) => from === cut);
  const stage = stages[index];
  return stage && stages.with(index, { ...stage, halved: !stage.halved });
}

/** A row (column) more for one strip, and less for its neighbour. */
function movedCuts(stages: readonly StripStage[]): Change[] {
  return stages.flatMap(({ cuts }, index) =>
    cuts.slice(1, -1).flatMap((_, before) =>
      [-1, 1].map(
        (by): Change =>
          (now) => {
            const [at, stage] = [before + 1, now[index]!];
            const moved = stage.cuts[at]! + by;
            if (moved <= stage.cuts[at - 1]! || moved >= stage.cuts[at + 1]!) return undefined;
            return now.with(index, { ...stage, cuts: stage.cuts.with(at, moved) });
          },
      ),
    ),
  );
}

function stripOf({ output }: WindowLayer, axis: Axis, first: number, last: number): Region {
  return axis === 'rows'
    ? { x1: 0, y1: first, x2: output.width - 1, y2: last }
    : { x1: first, y1: 0, x2: last, y2: lengthOf(output, 'rows') - 1 };
}
