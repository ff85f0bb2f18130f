/** One simulated trial of the fixture: a source edge, perhaps a helper that steals, and a gateway. */
import type {
  FrameRecord,
  RecoveryRecord,
  Trace,
  TraceSpan,
  TrialRecord,
} from '../harness/results/format.ts';
import type { NodeStatistics } from '../runtime/roles/events.ts';

const MEBIBYTE = 2 ** 20;
const FRAMES = 3;
const TILES = 25;
const TILE_BYTES = 57_600;
const SOURCE = 'edge0';
const HELPER = 'edge1';

export interface TrialSetup {
  readonly edges: number;
  readonly random: () => number;
  /** When the helper is lost. */
  readonly loseHelperAtMs: number | undefined;
}

export interface SimulatedTrial {
  readonly record: Omit<
    TrialRecord,
    'trial' | 'parameters' | 'repetition' | 'startedAt' | 'order' | 'error'
  >;
  readonly trace: Omit<Trace, 'trial' | 'repetition'>;
}

interface Edge {
  readonly name: string;
  freeAtMs: number;
  computed: number;
  stolen: number;
}

export function simulateTrial({ edges, random, loseHelperAtMs }: TrialSetup): SimulatedTrial {
  const spans: TraceSpan[] = [];
  const frames: FrameRecord[] = [];
  const around = (middleMs: number) => middleMs * (0.92 + 0.16 * random());
  const add = (span: TraceSpan): number => {
    spans.push(span);
    return span.endMs;
  };
  const team: Edge[] = [SOURCE, HELPER]
    .slice(0, edges)
    .map((name) => ({ name, freeAtMs: 0, computed: 0, stolen: 0 }));
  const source = team[0]!;
  let mergerFreeAtMs = 0;
  let finisherFreeAtMs = 0;
  let reissued = 0;
  for (let frame = 0; frame < FRAMES; frame++) {
    const takenAtMs = source.freeAtMs;
    let mergedAtMs = 0;
    const queue = Array.from({ length: TILES }, (_, tile) => tile);
    for (let tile = queue.shift(); tile !== undefined; tile = queue.shift()) {
      const edge = team.reduce((a, b) => (b.freeAtMs < a.freeAtMs ? b : a));
      const id = { source: SOURCE, frame, tile };
      let atMs = Math.max(edge.freeAtMs, takenAtMs);
      const cutEndMs = add({
        node: SOURCE,
        kind: 'cut',
        startMs: atMs,
        endMs: atMs + around(1.4),
        ...id,
      });
      if (edge.name === HELPER) {
        const endMs = cutEndMs + around(9);
        add({ node: HELPER, kind: 'transfer', startMs: atMs, endMs, ...id, peer: SOURCE });
        edge.stolen++;
        atMs = endMs;
      } else {
        atMs = cutEndMs;
      }
      const endMs = atMs + around(38);
      edge.freeAtMs = endMs;
      if (edge.name === HELPER && loseHelperAtMs !== undefined && endMs > loseHelperAtMs) {
        team.pop();
        reissued++;
        queue.push(tile);
        continue;
      }
      add({ node: edge.name, kind: 'compute', startMs: atMs, endMs, ...id });
      edge.computed++;
      const startMs = Math.max(mergerFreeAtMs, endMs + around(3));
      mergerFreeAtMs = startMs + around(0.8);
      mergedAtMs = add({
        node: 'gateway',
        kind: 'merge',
        startMs,
        endMs: mergerFreeAtMs,
        ...id,
        peer: edge.name,
      });
    }
    const startMs = Math.max(mergedAtMs, finisherFreeAtMs);
    const id = { node: 'gateway', source: SOURCE, frame };
    const finishedMs = add({ ...id, kind: 'finish', startMs, endMs: startMs + around(310) });
    finisherFreeAtMs = add({
      ...id,
      kind: 'detect',
      startMs: finishedMs,
      endMs: finishedMs + around(4),
    });
    frames.push({
      source: SOURCE,
      frame,
      latencyMs: finisherFreeAtMs - takenAtMs,
      detections: [detection(frame)],
    });
  }
  const lost = loseHelperAtMs !== undefined;
  const nodes = Object.fromEntries([
    gatewayStatistics(random),
    hostStatistics(random),
    ...team.map((edge) => edgeStatistics(edge, edge === source ? reissued : 0, random)),
  ]);
  return {
    record: {
      status: lost ? 'degraded' : 'ok',
      ...(lost ? { reasons: ['lost edge1: sent no heartbeat for 2000 ms'] } : {}),
      makespanMs: finisherFreeAtMs,
      throughputFps: (FRAMES * 1000) / finisherFreeAtMs,
      frames,
      lostFrames: [],
      ...(lost ? { recoveries: [recovery(loseHelperAtMs, reissued)] } : {}),
      nodes,
    },
    trace: { clockErrorMs: { gateway: 0, edge0: 0.08, edge1: 0.11 }, spans },
  };
}

function recovery(atMs: number, tilesRecomputed: number): RecoveryRecord {
  const [detectedAtMs, recoveredAtMs] = [atMs + 1950, atMs + 2010];
  return { node: HELPER, fault: 'freeze', atMs, detectedAtMs, recoveredAtMs, tilesRecomputed };
}

function gatewayStatistics(random: () => number): [string, NodeStatistics] {
  return [
    'gateway',
    {
      ...NOTHING,
      role: 'gateway',
      peakRssBytes: Math.round((395 + 10 * random()) * MEBIBYTE),
      engineBytes: 207 * MEBIBYTE,
      cpuSeconds: 1.1 + 0.1 * random(),
      bytesSent: 21_400,
      bytesReceived: FRAMES * TILES * TILE_BYTES,
    },
  ];
}

function hostStatistics(random: () => number): [string, NodeStatistics] {
  return [
    'host',
    {
      ...NOTHING,
      role: 'host',
      peakRssBytes: Math.round((48 + random()) * MEBIBYTE),
      engineBytes: 0,
      cpuSeconds: 0.17,
      bytesSent: 61,
    },
  ];
}

function edgeStatistics(
  { name, computed, stolen }: Edge,
  tilesReissued: number,
  random: () => number,
): [string, NodeStatistics] {
  const given = name === SOURCE ? FRAMES * TILES - computed : 0;
  return [
    name,
    {
      ...NOTHING,
      role: 'edge',
      peakRssBytes: Math.round((118 + 6 * random()) * MEBIBYTE),
      engineBytes: Math.round(22.1 * MEBIBYTE),
      cpuSeconds: computed * 0.04 + 0.3,
      bytesSent: computed * TILE_BYTES + given * 181_000,
      bytesReceived: stolen * 181_000 + 4_000,
      tilesComputed: computed,
      tilesStolen: stolen,
      tilesReissued,
      computeMs: computed * 38,
      multiplyAccumulates: computed * 0.66e9,
      haloBytesReused: computed * 31_000,
      haloBytesReceived: stolen * 22_000,
    },
  ];
}

const NOTHING = {
  computeMs: 0,
  multiplyAccumulates: 0,
  bytesReceived: 0,
  sentByKind: {},
  tilesComputed: 0,
  tilesStolen: 0,
  tilesReissued: 0,
  haloBytesReused: 0,
  haloBytesReceived: 0,
  peersRefused: 0,
};

function detection(frame: number): FrameRecord['detections'][number] {
  const box = { x: 52 + frame * 110, y: 205, width: 186, height: 112 };
  return { class: 1, label: 'car', probability: 0.81, box };
}
