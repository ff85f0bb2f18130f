/** Throughput with one to six sources on six edges: more frames at once keep more edges busy at home. */
import { perRepetition, runBench } from './experiment.ts';
import { interval } from './measure.ts';
import type { BenchRow } from './table.ts';

const SOURCES = [1, 2, 3, 4, 5, 6] as const;

export async function benchSources(rounds: number): Promise<readonly BenchRow[]> {
  const records = await runBench('sources', rounds);
  return SOURCES.map((sources) => ({
    what: `deepthings, 3x3, six edges, frames from ${sources}`,
    value: interval(perRepetition(records, { sources }, ({ throughputFps }) => throughputFps!)),
    unit: 'fps',
  }));
}
