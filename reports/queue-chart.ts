/** How many frames waited at each source while a trial ran: steps over time. */
import type { TrialRecord } from '../harness/results/format.ts';
import type { QueueReport } from '../runtime/schedule/arrival-queue.ts';
import { AXIS_HEIGHT, axisFromZero, roundStep } from './axis.ts';
import { FRAME_COLOURS } from './chart-style.ts';
import { type Drawing, legend, px } from './drawing.ts';
import { type Markup, markup } from './markup.ts';
import { durationUnit } from './numbers.ts';
import { queuesOf } from './queue.ts';

/** Three in a row. */
const WIDTH = 360;
const LEFT = 40;
const RIGHT = WIDTH - 10;
const PLOT_HEIGHT = 150;

/** Undefined where frames came back to back. */
export function queueChart(trial: TrialRecord): Drawing | undefined {
  const queues = queuesOf(trial);
  if (queues.length === 0) return undefined;
  const times = queues.flatMap(([, { samples }]) => samples.map(([ms]) => ms));
  const endMs = Math.max(trial.makespanMs ?? 0, ...times);
  const lastMs = Math.max(...queues.map(([, { lastArrivalMs }]) => lastArrivalMs));
  const largest = Math.max(1, ...queues.map(([, queue]) => queue.largest));
  const axis = axisFromZero({
    left: LEFT,
    right: RIGHT,
    maximum: endMs,
    unit: durationUnit([endMs]),
  });
  const head = legend(
    [
      ...queues.map(([source], index) => ({
        label: source,
        swatch: markup`<path class="curve ${colourOf(index)}" d="M2 9H16"/>`,
      })),
      { label: 'last arrival', swatch: markup`<path class="mark" d="M9 1V17"/>` },
    ],
    0,
    WIDTH,
  );
  const top = head.height + 8;
  const bottom = top + PLOT_HEIGHT;
  const y = (length: number) => px(bottom - (length / largest) * PLOT_HEIGHT);
  const curves = queues.map(
    ([source, queue], index) =>
      markup`<path class="curve ${colourOf(index)}" d="${steps(queue, axis.x, y, endMs)}"><title>${`${source}: largest ${queue.largest}, at the last arrival ${queue.atEnd}`}</title></path>`,
  );
  const mark = markup`<path class="mark" d="M${px(axis.x(lastMs))} ${top}V${bottom}"/>`;
  return {
    title: 'Frames that waited',
    description:
      'Arrived and not yet taken, at each source. A queue that grows until the last arrival had more than it could bear.',
    width: WIDTH,
    height: bottom + AXIS_HEIGHT,
    body: markup`${head.body}${axis.draw(top, bottom)}${lengthAxis(largest, y)}${mark}${curves}`,
  };
}

function colourOf(index: number): string {
  return `f${index % FRAME_COLOURS}`;
}

/** The queue keeps its length from one change to the next. */
function steps(
  { samples }: QueueReport,
  x: (ms: number) => number,
  y: (length: number) => number,
  endMs: number,
): string {
  const moves = samples.map(([ms, length]) => `H${px(x(ms))}V${y(length)}`);
  return `M${px(x(0))} ${y(0)}${moves.join('')}H${px(x(endMs))}`;
}

/** Whole frames, at most about four lines. */
function lengthAxis(largest: number, y: (length: number) => number): Markup {
  const step = Math.max(1, roundStep(largest, 4));
  const ticks = Array.from({ length: Math.floor(largest / step) + 1 }, (_, index) => index * step);
  const lines = ticks.map((tick) => `M${LEFT} ${y(tick)}H${RIGHT}`).join('');
  const texts = ticks.map(
    (tick) => markup`<text class="tick end" x="${LEFT - 8}" y="${px(y(tick) + 4)}">${tick}</text>`,
  );
  return markup`<path class="grid" d="${lines}"/>${texts}`;
}
