/**
 * A trace that Perfetto and chrome://tracing open: Trace Event Format, complete events in microseconds,
 * one process a node and repetition. All repetitions begin at zero, so that they lie above each other.
 */
import type { TraceSpan } from '../harness/results/format.ts';
import { groupBy } from './group.ts';
import { packLanes, spanLabel } from './lanes.ts';
import { compareNodes } from './node-summary.ts';
import { pointName } from './point.ts';
import type { Results } from './read.ts';

interface TraceEvent {
  readonly name: string;
  readonly ph: 'M' | 'X';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const MICROSECONDS = 1000;

export function renderTrace(results: Results): string {
  const { manifest, traces } = results;
  // Clocks agree only within their error, so a span may seem to begin before the start signal.
  const originMs = traces
    .flatMap(({ spans }) => spans)
    .reduce((earliest, { startMs }) => Math.min(earliest, startMs), 0);
  const traceEvents: TraceEvent[] = [];
  let pid = 0;
  for (const trace of traces) {
    const trial = results.trials.find(
      (record) => record.trial === trace.trial && record.repetition === trace.repetition,
    );
    const point = trial === undefined ? trace.trial : pointName(trial.parameters);
    const byNode = groupBy(trace.spans, ({ node }) => node);
    const nodes = [...byNode.keys()]
      .map((node) => ({ node, role: manifest.nodes[node]?.role ?? 'edge' }))
      .sort(compareNodes);
    for (const { node } of nodes) {
      pid++;
      traceEvents.push(
        named('process_name', pid, 0, {
          name: `${node} · ${point} · repetition ${trace.repetition}`,
        }),
        named('process_sort_index', pid, 0, { sort_index: pid }),
        ...nodeEvents(byNode.get(node)!, pid, originMs),
      );
    }
  }
  const otherData = {
    experiment: manifest.experiment.name,
    testbed: manifest.testbed.name,
    tilebed: manifest.versions.tilebed,
    startSignalAtMicroseconds: -originMs * MICROSECONDS,
  };
  return `${JSON.stringify({ displayTimeUnit: 'ms', otherData, traceEvents })}\n`;
}

/** Events of one thread must nest or follow each other: what overlaps goes to threads of its own. */
function nodeEvents(spans: readonly TraceSpan[], pid: number, originMs: number): TraceEvent[] {
  const events: TraceEvent[] = [];
  let tid = 0;
  for (const [kind, ofKind] of groupBy(spans, (span) => span.kind)) {
    for (const lane of packLanes(ofKind)) {
      tid++;
      events.push(named('thread_name', pid, tid, { name: kind }));
      for (const { startMs, endMs, node: _, ...details } of lane) {
        events.push({
          name: spanLabel(details),
          cat: kind,
          ph: 'X',
          pid,
          tid,
          ...stretch(startMs - originMs, endMs - originMs),
          args: details,
        });
      }
    }
  }
  return events;
}

/** In whole nanoseconds, which Perfetto counts in: rounding must not make neighbours overlap. */
function stretch(startMs: number, endMs: number): { ts: number; dur: number } {
  const [start, end] = [startMs, endMs].map((value) => Math.round(value * 1e6)) as [number, number];
  return { ts: start / 1000, dur: Math.max(0, end - start) / 1000 };
}

function named(
  name: string,
  pid: number,
  tid: number,
  args: Readonly<Record<string, unknown>>,
): TraceEvent {
  return { name, ph: 'M', pid, tid, args };
}
