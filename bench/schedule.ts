/** How fast the schedulers decide, without sockets and engines: they must never be what a device waits for. */
import { join } from 'node:path';
import { BUILT_IN_MODELS } from '../harness/spec/find-model.ts';
import { loadNetwork } from '../runtime/model/load.ts';
import { planNeighbour } from '../runtime/partition/dealt.ts';
import { Broker } from '../runtime/schedule/broker.ts';
import { Collector } from '../runtime/schedule/collector.ts';
import { Dealer } from '../runtime/schedule/dealer.ts';
import { tileOrder } from '../runtime/schedule/reuse-order.ts';
import { SourceQueue } from '../runtime/schedule/source-queue.ts';
import { interval, takeTurns } from './measure.ts';
import type { BenchRow } from './table.ts';

const FRAMES = 2000;
const GRID = { rows: 5, columns: 5 };
const TILES = GRID.rows * GRID.columns;
const FUSED_LAYERS = 16;
const EDGES = ['edge0', 'edge1', 'edge2', 'edge3', 'edge4', 'edge5'] as const;
const SOURCE = EDGES[0];

export async function benchSchedule(rounds: number): Promise<readonly BenchRow[]> {
  const network = await loadNetwork(join(BUILT_IN_MODELS, 'yolov2.cfg'));
  const profiles = EDGES.map((name) => ({ name, layerMs: [] }));
  const input = { network, fusedLayers: FUSED_LAYERS, grid: GRID, align: 'output' } as const;
  const plan = planNeighbour({ ...input, edges: profiles });
  const measured = await takeTurns(
    [
      { name: 'stolen', run: async () => perSecond(stealAll) },
      { name: 'dealt', run: async () => perSecond(() => dealAll(plan)) },
    ],
    rounds,
  );
  return [
    {
      what: 'tiles offered, stolen and collected, six edges, 5x5 with reuse',
      value: interval(measured.get('stolen')!),
      unit: 'a second',
    },
    {
      what: 'parts dealt and collected, six edges, neighbour',
      value: interval(measured.get('dealt')!),
      unit: 'a second',
    },
  ];
}

/** @param work returns how many decisions it has made */
function perSecond(work: () => number): number {
  const startMs = performance.now();
  return work() / ((performance.now() - startMs) / 1000);
}

function stealAll(): number {
  const broker = new Broker();
  const queue = new SourceQueue(tileOrder(GRID, { reuse: true, order: 'checkerboard' }));
  const collector = new Collector(TILES, new Map([[SOURCE, FRAMES]]));
  for (let frame = 0; frame < FRAMES; frame++) {
    const id = { source: SOURCE, frame };
    queue.takeFrame(frame);
    collector.takeFrame(id);
    broker.offer(SOURCE, frame);
    for (let turn = 0; queue.waiting > 0; turn++) {
      const edge = EDGES[turn % EDGES.length]!;
      if (edge !== SOURCE) broker.ask(edge);
      const tile = edge === SOURCE ? queue.nextLocal()! : queue.lend(edge)!;
      collector.arrive(id, tile.tile);
      queue.complete(tile);
    }
    broker.withdraw(SOURCE, frame);
    collector.finish(id);
  }
  return FRAMES * TILES;
}

function dealAll(plan: ReturnType<typeof planNeighbour>): number {
  const dealer = new Dealer({ frames: new Map([[SOURCE, FRAMES]]), limit: 1, plan: () => plan });
  for (const edge of EDGES) dealer.join(edge);
  const last = plan.stages.length - 1;
  for (let frame = 0; frame < FRAMES; frame++) {
    dealer.announce({ source: SOURCE, frame });
    const { id, edges } = dealer.next()!;
    for (const [part, holder] of plan.holders[last]!.entries())
      dealer.arrive(edges[holder]!, id, part);
    dealer.finish({ source: SOURCE, frame });
  }
  return FRAMES * plan.holders[last]!.length;
}
