/**
 * One trial as a picture of time: two lanes a node, the upper for what an engine computes, the lower
 * for cutting, moving and merging; the colour says which frame it is about.
 */
import type { Trace, TraceSpan } from '../harness/results/format.ts';
import { AXIS_HEIGHT, axisFromZero } from './axis.ts';
import { FRAME_COLOURS } from './chart-style.ts';
import { type Drawing, type LegendEntry, label, legend, px, swatch } from './drawing.ts';
import { groupBy } from './group.ts';
import { spanLabel } from './lanes.ts';
import { type Markup, markup } from './markup.ts';
import { compareNodes } from './node-summary.ts';
import { durationText, significant } from './numbers.ts';

const WIDTH = 1100;
const LEFT = 124;
const RIGHT = WIDTH - 14;
const UPPER = { top: 8, height: 20 };
const LOWER = { top: 31, height: 11 };
const ROW_HEIGHT = 52;
/** A bar of less is widened to this, to be seen at all. */
const NARROWEST = 0.75;

type Lane = 'upper' | 'lower';

const LANE_OF: Readonly<Record<TraceSpan['kind'], Lane>> = {
  compute: 'upper',
  finish: 'upper',
  cut: 'lower',
  transfer: 'lower',
  fetch: 'lower',
  merge: 'lower',
  detect: 'lower',
};

export interface TimelineOptions {
  readonly title: string;
  readonly roleOf: (node: string) => string | undefined;
  /** The longest spans are drawn, at most so many: a page must stay small enough to open. */
  readonly maximumBars: number;
}

export function timeline(trace: Trace, options: TimelineOptions): Drawing {
  const { kept, leftOut } = longest(trace.spans, options.maximumBars);
  const colours = frameColours(trace.spans);
  const nodes = [...groupBy(kept, ({ node }) => node)]
    .map(([node, spans]) => ({ node, role: options.roleOf(node) ?? 'edge', spans }))
    .sort(compareNodes);
  const endMs = trace.spans.reduce((latest, span) => Math.max(latest, span.endMs), 1);
  const startMs = trace.spans.reduce((earliest, span) => Math.min(earliest, span.startMs), 0);
  const axis = axisFromZero({
    left: LEFT,
    right: RIGHT,
    minimum: startMs,
    maximum: endMs,
    unit: { name: 'ms', size: 1 },
    ticks: 10,
  });
  const head = legend(legendEntries(colours), 0, WIDTH);
  const top = head.height + 8;
  const bottom = top + nodes.length * ROW_HEIGHT;
  const rows = nodes.map(({ node, spans }, index) => {
    const y = top + index * ROW_HEIGHT;
    return {
      behind: markup`<g transform="translate(0 ${y})">${laneNames(node, spans)}${tracks()}</g>`,
      before: markup`<g transform="translate(0 ${y})">${bars(spans, colours, axis.x)}</g>`,
    };
  });
  return {
    title: options.title,
    description: describe(trace, leftOut),
    width: WIDTH,
    height: bottom + AXIS_HEIGHT,
    body: markup`${head.body}${rows.map(({ behind }) => behind)}${axis.draw(top, bottom)}${rows.map(({ before }) => before)}`,
  };
}

function describe(
  { clockErrorMs }: Trace,
  leftOut: { readonly count: number; readonly belowMs: number },
): string {
  const errors = Object.values(clockErrorMs);
  return [
    ...(errors.length === 0
      ? []
      : [`Nodes’ clocks agree to within ${significant(Math.max(...errors))} ms.`]),
    ...(leftOut.count === 0
      ? []
      : [
          `${leftOut.count} bars of at most ${durationText(leftOut.belowMs)} are left out; the trace has them.`,
        ]),
  ].join(' ');
}

function longest(
  spans: readonly TraceSpan[],
  maximum: number,
): { kept: readonly TraceSpan[]; leftOut: { count: number; belowMs: number } } {
  const length = ({ startMs, endMs }: TraceSpan) => endMs - startMs;
  if (spans.length <= maximum) return { kept: spans, leftOut: { count: 0, belowMs: 0 } };
  const sorted = [...spans].sort((a, b) => length(b) - length(a));
  const belowMs = length(sorted[maximum]!);
  return { kept: sorted.slice(0, maximum), leftOut: { count: spans.length - maximum, belowMs } };
}

function frameKey({ source, frame }: TraceSpan): string | undefined {
  return source === undefined || frame === undefined ? undefined : `${source} frame ${frame}`;
}

/** Each frame's name and the class of its colour. */
function frameColours(spans: readonly TraceSpan[]): Map<string, string> {
  const names = new Set(spans.map(frameKey).filter((key) => key !== undefined));
  const sorted = [...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return new Map(sorted.map((name, index) => [name, `f${index % FRAME_COLOURS}`]));
}

function legendEntries(colours: ReadonlyMap<string, string>): LegendEntry[] {
  const shown = [...colours].slice(0, FRAME_COLOURS);
  return [
    ...shown.map(([name, colour]) => ({ label: name, swatch: swatch(colour) })),
    ...(colours.size > shown.length
      ? [{ label: `${colours.size - shown.length} more, colours repeat`, swatch: markup`` }]
      : []),
    {
      label: 'waiting for a stolen tile',
      swatch: markup`<rect class="outlined f6" x="2.5" y="4.5" width="13" height="9" rx="1"/>`,
    },
    {
      label: 'stolen tile',
      swatch: markup`<rect class="f6" x="2" y="2" width="14" height="14" rx="2"/><rect class="stolen" x="2" y="2" width="14" height="3"/>`,
    },
  ];
}

function laneNames(node: string, spans: readonly TraceSpan[]): Markup {
  const lower = [...new Set(spans.map(({ kind }) => kind))].filter(
    (kind) => LANE_OF[kind] === 'lower',
  );
  return markup`${label(node, 0, 23, LEFT - 8)}<text class="note small" x="0" y="40">${lower.join(', ')}</text>`;
}

function tracks(): Markup {
  const width = RIGHT - LEFT;
  return markup`<rect class="track" x="${LEFT}" y="${UPPER.top}" width="${width}" height="${UPPER.height}"/><rect class="track" x="${LEFT}" y="${LOWER.top}" width="${width}" height="${LOWER.height}"/>`;
}

function bars(
  spans: readonly TraceSpan[],
  colours: ReadonlyMap<string, string>,
  x: (value: number) => number,
): Markup {
  const colourOf = (span: TraceSpan) => colours.get(frameKey(span) ?? '') ?? 'f6';
  // Outlined bars lie below the others, which may overlap them.
  const groups = groupBy(
    spans,
    (span) => `${span.kind === 'transfer' ? 'outlined ' : ''}${colourOf(span)}`,
  );
  const drawn = [...groups]
    .sort(([a], [b]) => Number(b.startsWith('outlined')) - Number(a.startsWith('outlined')))
    .map(([kind, list]) => markup`<g class="${kind}">${list.map((span) => bar(span, x))}</g>`);
  const stolen = spans
    .filter(
      ({ kind, source, node }) => kind === 'compute' && source !== undefined && source !== node,
    )
    .map((span) => {
      const { from, width } = extent(span, x);
      return `M${from} ${UPPER.top}h${width}v3h-${width}z`;
    });
  return markup`${drawn}${stolen.length === 0 ? undefined : markup`<path class="stolen" d="${stolen.join('')}"/>`}`;
}

function bar(span: TraceSpan, x: (value: number) => number): Markup {
  const { from, width } = extent(span, x);
  const { top, height } = LANE_OF[span.kind] === 'upper' ? UPPER : LOWER;
  return markup`<rect x="${from}" y="${top}" width="${width}" height="${height}"><title>${tip(span)}</title></rect>`;
}

/** A little short of the next bar, so that tiles can be told apart. */
function extent(
  { startMs, endMs }: TraceSpan,
  x: (value: number) => number,
): { readonly from: number; readonly width: number } {
  const [from, to] = [x(startMs), x(endMs)];
  const gap = to - from > 3 ? 0.6 : 0;
  return { from: px(from), width: px(Math.max(NARROWEST, to - from - gap)) };
}

function tip(span: TraceSpan): string {
  const { kind, node, source, peer, startMs, endMs } = span;
  const stolen = kind === 'compute' && source !== undefined && source !== node;
  return [
    spanLabel(span),
    `on ${node}${stolen ? ', stolen' : ''}${peer === undefined ? '' : `, from ${peer}`}`,
    `${startMs.toFixed(1)} to ${endMs.toFixed(1)} ms: ${durationText(endMs - startMs)}`,
  ].join('\n');
}
