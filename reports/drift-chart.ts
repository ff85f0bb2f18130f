/** What trials took beside their medians, by their place in the run, and the line of the trend. */
import { AXIS_HEIGHT, axisFromZero } from './axis.ts';
import { type Drawing, px } from './drawing.ts';
import { type Drift, driftText } from './drift.ts';
import { markup } from './markup.ts';

const WIDTH = 440;
const LEFT = 52;
const RIGHT = WIDTH - 10;
const TOP = 8;
const PLOT_HEIGHT = 150;
/** Room above and below, as a share of what is shown. */
const ROOM = 0.1;

export function driftChart(drift: Drift): Drawing {
  const { points, change } = drift;
  const orders = points.map(({ order }) => order);
  const [first, last] = [Math.min(...orders), Math.max(...orders)];
  const ends = [1 - change / 2, 1 + change / 2];
  const ratios = [...points.map(({ ratio }) => ratio), ...ends];
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  const room = ROOM * Math.max(0.05, most - least);
  const [low, high] = [least - room, most + room];
  const bottom = TOP + PLOT_HEIGHT;
  const y = (ratio: number) => px(bottom - ((ratio - low) / (high - low)) * PLOT_HEIGHT);
  const axis = axisFromZero({
    left: LEFT,
    right: RIGHT,
    maximum: Math.max(1, last),
    unit: { name: 'trials', size: 1 },
  });
  const dots = points.map(
    ({ order, ratio, line }) =>
      markup`<circle class="run" cx="${px(axis.x(order))}" cy="${y(ratio)}" r="3.5"><title>${`line ${line}: ${ratio.toFixed(3)} of the median`}</title></circle>`,
  );
  const levels = [...new Set([least, 1, most])].map(
    (level) =>
      markup`<path class="grid" d="M${LEFT} ${y(level)}H${RIGHT}"/><text class="tick end" x="${LEFT - 6}" y="${px(y(level) + 4)}">${level.toFixed(2)}</text>`,
  );
  const trend = markup`<path class="interval" d="M${px(axis.x(first))} ${y(ends[0]!)}L${px(axis.x(last))} ${y(ends[1]!)}"/>`;
  return {
    title: 'Drift',
    description: driftText(drift),
    width: WIDTH,
    height: bottom + AXIS_HEIGHT,
    body: markup`${axis.draw(TOP, bottom)}${levels}${trend}${dots}`,
  };
}
