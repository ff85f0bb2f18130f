import { expect, test } from 'vitest';
import { realTime } from './time-scale.ts';

test('times by the time scale, rates divided by it, and nothing else', () => {
  const record = {
    makespanMs: 250,
    throughputFps: 8,
    frames: [{ frame: 3, latencyMs: 100 }],
    nodes: { edge0: { cpuSeconds: 2, bytesSent: 7, layerMs: [1, 2] } },
    link: { rateBitsPerSecond: 160, loss: 0.1 },
    clockErrorMs: { edge0: 0.5 },
    startedAt: '2026',
  };
  expect(realTime(record, 4)).toEqual({
    makespanMs: 1000,
    throughputFps: 2,
    frames: [{ frame: 3, latencyMs: 400 }],
    nodes: { edge0: { cpuSeconds: 2, bytesSent: 7, layerMs: [4, 8] } },
    link: { rateBitsPerSecond: 40, loss: 0.1 },
    clockErrorMs: { edge0: 2 },
    startedAt: '2026',
  });
  expect(realTime(record, 1)).toBe(record);
});
