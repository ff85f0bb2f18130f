/** What makes a repetition invalid, and what only casts doubt on it. */
import { expect, test } from 'vitest';
import type { Calibration } from '../emulation/calibration.ts';
import type { LinkFacts, TrialRecord } from '../results/format.ts';
import { Agreement } from './agreement.ts';
import { type VerdictInputs, verdictOf } from './verdict.ts';

const RECORD = {
  trial: 'a',
  status: 'ok',
  parameters: {},
  frames: [{ source: 'edge0', frame: 0, latencyMs: 1, detections: [] }],
  nodes: {},
} as unknown as TrialRecord;

const GOOD: VerdictInputs = {
  record: RECORD,
  frames: 1,
  links: {},
  emulation: new Map(),
  othersCpus: 0.1,
  othersOnPinned: [{ cpu: 0, nodes: ['edge0'], others: 0.1 }],
  clockErrorMs: { edge0: 0.04 },
  differsFrom: undefined,
};

function link(measured: number): Readonly<Record<string, LinkFacts>> {
  return {
    edge0: {
      asked: { rateBitsPerSecond: 40e6 },
      measured: { roundTripMs: 1, sendBitsPerSecond: 39e6, receiveBitsPerSecond: measured },
    },
  };
}

test('all as it was asked for', () => {
  expect(verdictOf({ ...GOOD, links: link(36e6) })).toEqual({ verdict: 'valid', reasons: [] });
});

test.each<{ code: string; inputs: Partial<VerdictInputs> }>([
  { code: 'link-off', inputs: { links: link(30e6) } },
  { code: 'too-few-frames', inputs: { frames: 2 } },
  { code: 'failed', inputs: { record: { ...RECORD, status: 'failed', error: 'why' } } },
  { code: 'output-differs', inputs: { differsFrom: 'b' } },
])('invalid: $code', ({ code, inputs }) => {
  const { verdict, reasons } = verdictOf({ ...GOOD, ...inputs });
  expect({ verdict, codes: reasons.map((reason) => reason.code) }).toEqual({
    verdict: 'invalid',
    codes: [code],
  });
});

function hot(thermal: object): TrialRecord {
  return { ...RECORD, nodes: { edge0: { thermal } } } as unknown as TrialRecord;
}

const OFF = { targetMs: 1000, verifiedMs: 1200 } as Calibration;

test.each<{ code: string; inputs: Partial<VerdictInputs> }>([
  { code: 'device-off', inputs: { emulation: new Map([['edge0', OFF]]) } },
  { code: 'cpus-shared', inputs: { othersCpus: 0.5 } },
  {
    code: 'pinned-cpu-shared',
    inputs: { othersOnPinned: [{ cpu: 1, nodes: ['edge1'], others: 0.4 }] },
  },
  { code: 'cpu-throttled', inputs: { record: hot({ throttled: true, celsius: 60 }) } },
  { code: 'cpu-hot', inputs: { record: hot({ throttled: false, celsius: 82 }) } },
  { code: 'clock-off', inputs: { clockErrorMs: { edge0: 0.06 } } },
  {
    code: 'swap-used',
    inputs: {
      record: { ...RECORD, nodes: { edge0: { swapBytes: 4096 } } } as unknown as TrialRecord,
    },
  },
  {
    code: 'node-lost',
    inputs: {
      record: {
        ...RECORD,
        recoveries: [{ node: 'edge0', fault: 'loss', atMs: 1, tilesRecomputed: 0 }],
      },
    },
  },
])('degraded: $code', ({ code, inputs }) => {
  const { verdict, reasons } = verdictOf({ ...GOOD, ...inputs });
  expect({ verdict, codes: reasons.map((reason) => reason.code) }).toEqual({
    verdict: 'degraded',
    codes: [code],
  });
});

test('where nothing is detected, a frame has the same map in every trial', () => {
  const agreement = new Agreement();
  const of = (trial: string, mapDigest: string) => ({
    ...RECORD,
    trial,
    frames: [{ source: 'edge0', frame: 0, latencyMs: 9, detections: [], mapDigest }],
  });
  expect(agreement.check(of('a', '12'))).toBeUndefined();
  expect(agreement.check(of('b', '12'))).toBeUndefined();
  expect(agreement.check(of('c', '34'))).toBe('a');
});

test('a frame has the same detections in every trial of a precision', () => {
  const agreement = new Agreement();
  const other = {
    ...RECORD,
    trial: 'b',
    frames: [{ source: 'edge0', frame: 0, latencyMs: 9, detections: [{ class: 1 }] }],
  } as unknown as TrialRecord;
  expect(agreement.check(RECORD)).toBeUndefined();
  expect(agreement.check({ ...RECORD, trial: 'c' })).toBeUndefined();
  expect(agreement.check(other)).toBe('a');
  expect(
    agreement.check({ ...other, parameters: { ...other.parameters, precision: 'int8' } }),
  ).toBeUndefined();
});
