/**
 * A plan on the wire: only what a planner chose. Who takes part and where they listen, which layers are
 * a stage, which regions its parts make, and who computes them; the rest follows from the network.
 */
import { TilebedError } from '../../errors.ts';
import type { Shape } from '../../model/network.ts';
import type { WindowLayer } from '../../partition/ftp.ts';
import { type Region, regionHeight, regionWidth } from '../../partition/region.ts';
import { type DealtPlan, planStage } from '../../partition/stages.ts';
import type { PeerEndpoint } from '../peers.ts';

export interface PlannedDeal {
  readonly plan: DealtPlan;
  /** The plan's holders are positions in here; position 0 is the frame's source. */
  readonly edges: readonly PeerEndpoint[];
}

/** Corners x1, y1, x2, y2. */
type WireRegion = readonly [number, number, number, number];

interface WireStage {
  /** One past the last layer. */
  readonly to: number;
  readonly outputs: readonly WireRegion[];
  readonly holders: readonly number[];
}

interface WireDeal {
  readonly edges: readonly PeerEndpoint[];
  readonly route: DealtPlan['route'];
  readonly stages: readonly WireStage[];
}

/** Plans repeat from frame to frame: few are in use at a time. */
const KNOWN_PLANS = 8;

export function encodeDeal({ plan, edges }: PlannedDeal): Buffer {
  const wire: WireDeal = {
    edges: edges.map(({ name, address, port }) => ({ name, address, port })),
    route: plan.route,
    stages: plan.stages.map(({ to, parts }, stage) => ({
      to,
      outputs: parts.map(({ output: { x1, y1, x2, y2 } }) => [x1, y1, x2, y2] as const),
      holders: plan.holders[stage]!,
    })),
  };
  return Buffer.from(JSON.stringify(wire));
}

export class DealReader {
  readonly #layers: readonly WindowLayer[];
  readonly #known = new Map<string, PlannedDeal>();

  /** @param layers the fused ones */
  constructor(layers: readonly WindowLayer[]) {
    this.#layers = layers;
  }

  /** Throws a TilebedError (PROTOCOL) unless it is a plan of these layers whose parts tile every map. */
  read(payload: Uint8Array): PlannedDeal {
    const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const work = decodeDeal(text, this.#layers);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= KNOWN_PLANS && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(text, work);
    return work;
  }
}

function decodeDeal(text: string, layers: readonly WindowLayer[]): PlannedDeal {
  const wire = parse(text);
  if (!isObject(wire)) throw malformed('is no object');
  const edges = list(wire['edges']).map(readEdge);
  const route = wire['route'];
  if (route !== 'direct' && route !== 'gateway') throw malformed('has no route');
  let from = 0;
  const read = list(wire['stages']).map((candidate) => {
    const { to, ...stage } = readStage(candidate, layers, from, edges.length);
    from = to;
    return stage;
  });
  if (from !== layers.length) throw malformed(`ends at layer ${from}`);
  return {
    plan: {
      stages: read.map(({ stage }) => stage),
      holders: read.map(({ holders }) => holders),
      route,
    },
    edges,
  };
}

function readStage(
  candidate: unknown,
  layers: readonly WindowLayer[],
  from: number,
  edges: number,
) {
  if (!isObject(candidate)) throw malformed('has a stage that is no object');
  const to = candidate['to'];
  if (!isIndex(to, layers.length + 1) || to <= from) throw malformed('has stages out of order');
  const own = layers.slice(from, to);
  const outputs = list(candidate['outputs']).map(readRegion);
  if (!tileExactly(own.at(-1)!.output, outputs)) {
    throw malformed(`does not tile the map of layer ${to - 1}`);
  }
  const holders = list(candidate['holders']);
  if (holders.length !== outputs.length) throw malformed('has parts without a holder');
  const known = holders.map((holder) => {
    if (!isIndex(holder, edges)) throw malformed('names an edge that takes no part');
    return holder;
  });
  return { to, stage: planStage(own, outputs), holders: known };
}

function readEdge(candidate: unknown): PeerEndpoint {
  if (!isObject(candidate)) throw malformed('has an edge that is no object');
  const { name, address, port } = candidate;
  if (typeof name !== 'string' || typeof address !== 'string' || !isIndex(port, 2 ** 16)) {
    throw malformed('has an edge without an address');
  }
  return { name, address, port };
}

function readRegion(candidate: unknown): Region {
  const corners = list(candidate);
  const [x1, y1, x2, y2] = corners;
  const limit = 2 ** 20;
  if (corners.length !== 4 || !isIndex(x1, limit) || !isIndex(y1, limit))
    throw malformed('has a region without corners');
  if (!isIndex(x2, limit) || !isIndex(y2, limit) || x2 < x1 || y2 < y1)
    throw malformed('has an empty region');
  return { x1, y1, x2, y2 };
}

/** As many elements as the map has, all inside, and none twice. */
function tileExactly({ height, width }: Shape, regions: readonly Region[]): boolean {
  let left = height * width;
  for (const region of regions) {
    if (region.x2 >= width || region.y2 >= height) return false;
    left -= regionHeight(region) * regionWidth(region);
  }
  if (left !== 0) return false;
  const taken = new Uint8Array(height * width);
  for (const { x1, y1, x2, y2 } of regions) {
    for (let y = y1; y <= y2; y++) {
      const row = taken.subarray(y * width + x1, y * width + x2 + 1);
      if (row.includes(1)) return false;
      row.fill(1);
    }
  }
  return true;
}

/** Undefined where it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isIndex(value: unknown, limit: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < limit;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed('lacks a list');
  return value;
}

function malformed(problem: string): TilebedError {
  return new TilebedError('PROTOCOL', `a plan ${problem}`);
}
