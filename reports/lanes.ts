/** Spans of a trace: what one is called, and how those that overlap are laid side by side. */
import type { Span } from '../runtime/roles/events.ts';

interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/** `compute s0/f1 tile 7`: the kind, then whatever of frame and tile it is about. */
export function spanLabel({
  kind,
  source,
  frame,
  tile,
}: Pick<Span, 'kind' | 'source' | 'frame' | 'tile'>): string {
  return [
    kind,
    ...(source === undefined ? [] : [`${source}${frame === undefined ? '' : `/f${frame}`}`]),
    ...(tile === undefined ? [] : [`tile ${tile}`]),
  ].join(' ');
}

/** As few lanes as keep spans from overlapping within one, each lane in the order of time. */
export function packLanes<Item extends Stretch>(spans: readonly Item[]): Item[][] {
  const lanes: Item[][] = [];
  for (const span of [...spans].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)) {
    const free = lanes.find((lane) => lane.at(-1)!.endMs <= span.startMs);
    if (free === undefined) lanes.push([span]);
    else free.push(span);
  }
  return lanes;
}
