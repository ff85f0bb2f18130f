import { describe, expect, test } from 'vitest';
import type { NodeStatistics } from '../../runtime/roles/events.ts';
import { TrialJournal } from './journal.ts';

const REPETITION = {
  trial: 'abc',
  parameters: { edges: 1, grid: '1x1', fusedLayers: 1, strategy: 'ftp-wst', reuse: false },
  grid: { rows: 1, columns: 1 },
  strategy: { name: 'ftp-wst', reuse: false, order: 'checkerboard', align: 'per-layer' },
  sources: ['edge0'],
  precision: 'float32',
  rate: { kind: 'back-to-back' },
  repetition: 2,
} as const;
const STATISTICS: NodeStatistics = {
  role: 'edge',
  peakRssBytes: 1,
  engineBytes: 1,
  cpuSeconds: 1,
  bytesSent: 1,
  bytesReceived: 1,
  sentByKind: { result: { messages: 1, bytes: 1 } },
  tilesComputed: 1,
  computeMs: 1,
  multiplyAccumulates: 1,
  tilesStolen: 0,
  tilesReissued: 0,
  haloBytesReused: 0,
  haloBytesReceived: 0,
  peersRefused: 0,
};

function frame(source: string, number: number) {
  return { event: 'frame', source, frame: number, latencyMs: 5, detections: [] } as const;
}

describe('record', () => {
  test('of a trial that went well', () => {
    const journal = new TrialJournal(REPETITION, []);
    journal.add('host', frame('b', 0));
    journal.add('host', frame('a', 1));
    journal.add('host', frame('a', 0));
    journal.add('host', { event: 'finished', makespanMs: 1500 });
    journal.add('edge0', {
      event: 'statistics',
      statistics: STATISTICS,
      clock: { offsetMs: 0, errorMs: 0 },
      spans: [],
    });
    expect(journal.record('now', 3)).toEqual({
      trial: 'abc',
      parameters: REPETITION.parameters,
      repetition: 2,
      status: 'ok',
      startedAt: 'now',
      order: 3,
      makespanMs: 1500,
      throughputFps: 2,
      frames: [
        { source: 'a', frame: 0, latencyMs: 5, detections: [] },
        { source: 'a', frame: 1, latencyMs: 5, detections: [] },
        { source: 'b', frame: 0, latencyMs: 5, detections: [] },
      ],
      lostFrames: [],
      nodes: { edge0: STATISTICS },
    });
  });

  test('a lost node or an unkept wish degrades, and says why', () => {
    const journal = new TrialJournal(REPETITION, ['no limit']);
    journal.add('host', { event: 'node-lost', node: 'edge1', reason: 'silent', atMs: 7 });
    journal.add('host', { event: 'finished', makespanMs: 1 });
    expect(journal.record('now', 0)).toMatchObject({
      status: 'degraded',
      reasons: ['no limit', 'edge1 was lost: silent'],
      makespanMs: 1,
    });
  });

  test('a failed trial has no makespan to be mistaken for one', () => {
    const journal = new TrialJournal(REPETITION, []);
    journal.add('host', frame('a', 0));
    journal.add('host', { event: 'finished', makespanMs: 1 });
    journal.fail('the gateway was lost');
    const record = journal.record('now', 0);
    expect(record).toMatchObject({ status: 'failed', error: 'the gateway was lost' });
    expect(record.makespanMs).toBeUndefined();
    expect(record.frames).toHaveLength(1);
  });
});

test('the trace is on the gateway’s clock, from the start signal on', () => {
  const journal = new TrialJournal(REPETITION, []);
  journal.add('gateway', { event: 'started', atMs: 1000 });
  const statistics = { event: 'statistics', statistics: STATISTICS } as const;
  journal.add('edge0', {
    ...statistics,
    clock: { offsetMs: -500, errorMs: 0.25 },
    spans: [{ kind: 'compute', startMs: 1600, endMs: 1640 }],
  });
  journal.add('gateway', {
    ...statistics,
    clock: { offsetMs: 0, errorMs: 0 },
    spans: [{ kind: 'merge', startMs: 1050, endMs: 1051 }],
  });
  expect(journal.trace()).toEqual({
    trial: 'abc',
    repetition: 2,
    clockErrorMs: { edge0: 0.25, gateway: 0 },
    spans: [
      { kind: 'merge', node: 'gateway', startMs: 50, endMs: 51 },
      { kind: 'compute', node: 'edge0', startMs: 100, endMs: 140 },
    ],
  });
});
