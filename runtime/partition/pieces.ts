/**
 * What must travel so that every part of a stage has its input: regions of the map before the stage,
 * each with the edges that lack it. What an edge holds already never travels, and no edge gets an
 * element twice from the stages before.
 */
import { intersection, type Region } from './region.ts';
import type { DealtPlan } from './stages.ts';

export interface Piece {
  /** Within the stage that reads it. */
  readonly index: number;
  readonly region: Region;
  /** The part of the stage before whose output it is cut from; undefined for a piece of the frame. */
  readonly part: number | undefined;
  /** Of a piece of the frame, the part whose input it is; nobody else reads it. */
  readonly reader: number | undefined;
  /** The edges that need it, ascending. */
  readonly receivers: readonly number[];
}

/** A stage's pieces and parts by whose they are, since of a thousand edges each looks for its own. */
export interface SortedStage {
  readonly pieces: readonly Piece[];
  /** By edge, the parts that it holds. */
  readonly held: ReadonlyMap<number, readonly number[]>;
  /** By edge that needs them. */
  readonly to: ReadonlyMap<number, readonly Piece[]>;
  /** By part of the stage before, what is cut from its output. */
  readonly of: ReadonlyMap<number, readonly Piece[]>;
}

const known = new WeakMap<DealtPlan, (SortedStage | undefined)[]>();

/**
 * Pieces of a stage, in an order that sender and receiver agree on; found once a plan.
 *
 * Before the first stage stands the frame: each part's input is one piece, as its holder gets it from
 * whoever has the frame, and the source (position 0) sends itself nothing when it has the frame itself.
 */
export function stagePieces(plan: DealtPlan, stage: number): readonly Piece[] {
  return sortedStage(plan, stage).pieces;
}

/** The same, with who holds, gives and takes what. */
export function sortedStage(plan: DealtPlan, stage: number): SortedStage {
  let stages = known.get(plan);
  if (stages === undefined) {
    stages = [];
    known.set(plan, stages);
  }
  stages[stage] ??= sort(
    (stage === 0 ? framePieces(plan) : mapPieces(plan, stage)).map((piece, index) => ({
      index,
      ...piece,
    })),
    plan.holders[stage]!,
  );
  return stages[stage];
}

function sort(pieces: readonly Piece[], holders: readonly number[]): SortedStage {
  const held = new Map<number, number[]>();
  for (const [part, edge] of holders.entries()) put(held, edge, part);
  const to = new Map<number, Piece[]>();
  const of = new Map<number, Piece[]>();
  for (const piece of pieces) {
    for (const edge of piece.receivers) put(to, edge, piece);
    if (piece.part !== undefined) put(of, piece.part, piece);
  }
  return { pieces, held, to, of };
}

function put<Member>(groups: Map<number, Member[]>, key: number, member: Member): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [member]);
  else group.push(member);
}

function framePieces({ stages, holders, route }: DealtPlan): Omit<Piece, 'index'>[] {
  const found: Omit<Piece, 'index'>[] = [];
  for (const [position, { input }] of stages[0]!.parts.entries()) {
    const holder = holders[0]![position]!;
    if (route === 'direct' && holder === 0) continue;
    found.push({ region: input, part: undefined, reader: position, receivers: [holder] });
  }
  return found;
}

function mapPieces({ stages, holders }: DealtPlan, stage: number): Omit<Piece, 'index'>[] {
  const found: Omit<Piece, 'index'>[] = [];
  for (const [position, { output }] of stages[stage - 1]!.parts.entries()) {
    const giver = holders[stage - 1]![position]!;
    const wants: Want[] = [];
    for (const [reader, { input }] of stages[stage]!.parts.entries()) {
      const edge = holders[stage]![reader]!;
      const region = edge === giver ? undefined : intersection(input, output);
      if (region !== undefined) wants.push({ region, edge });
    }
    for (const { region, receivers } of disjoint(wants)) {
      found.push({ region, part: position, reader: undefined, receivers });
    }
  }
  return found;
}

interface Want {
  readonly region: Region;
  readonly edge: number;
}

interface Share {
  readonly region: Region;
  readonly receivers: readonly number[];
}

/**
 * The wanted regions as rectangles that do not overlap, each with all who want it. The plane is cut at
 * every edge of a region; cells with the same receivers are joined again, across and then down.
 */
function disjoint(wants: readonly Want[]): Share[] {
  const columns = cuts(wants.flatMap(({ region }) => [region.x1, region.x2 + 1]));
  const rows = cuts(wants.flatMap(({ region }) => [region.y1, region.y2 + 1]));
  let open: Share[] = [];
  const closed: Share[] = [];
  for (const [y1, y2] of rows) {
    const band: Share[] = [];
    for (const [x1, x2] of columns) {
      const receivers = receiversAt(wants, x1, y1);
      if (receivers.length === 0) continue;
      const left = band.at(-1);
      if (left !== undefined && left.region.x2 === x1 - 1 && same(left.receivers, receivers)) {
        band[band.length - 1] = { region: { ...left.region, x2 }, receivers };
      } else band.push({ region: { x1, y1, x2, y2 }, receivers });
    }
    const grown = band.map((share) => {
      const above = open.find((candidate) => standsOn(candidate, share));
      return above === undefined
        ? share
        : { ...share, region: { ...share.region, y1: above.region.y1 } };
    });
    closed.push(...open.filter((share) => !band.some((below) => standsOn(share, below))));
    open = grown;
  }
  return [...closed, ...open];
}

/** Neighbouring cuts, as inclusive spans. */
function cuts(values: readonly number[]): [number, number][] {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  return sorted.slice(1).map((next, index) => [sorted[index]!, next - 1]);
}

function receiversAt(wants: readonly Want[], x: number, y: number): number[] {
  const found = new Set<number>();
  for (const { region, edge } of wants) {
    if (x >= region.x1 && x <= region.x2 && y >= region.y1 && y <= region.y2) found.add(edge);
  }
  return [...found].sort((a, b) => a - b);
}

function standsOn(above: Share, below: Share): boolean {
  return (
    above.region.y2 === below.region.y1 - 1 &&
    above.region.x1 === below.region.x1 &&
    above.region.x2 === below.region.x2 &&
    same(above.receivers, below.receivers)
  );
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((edge, index) => edge === b[index]);
}
