/** A horizontal axis from zero: round ticks, grid lines, the unit. */
import { px } from './drawing.ts';
import { type Markup, markup } from './markup.ts';
import { significant, type Unit } from './numbers.ts';

export interface Axis {
  /** Where a value, in base units, stands. */
  readonly x: (value: number) => number;
  readonly ticks: readonly number[];
  /** Grid lines from `top` to `bottom`, the ticks' numbers below them. */
  readonly draw: (top: number, bottom: number) => Markup;
}

export interface AxisRange {
  readonly left: number;
  readonly right: number;
  /** In base units. */
  readonly maximum: number;
  readonly unit: Unit;
  /** Base units; 0 where nothing lies before the origin. */
  readonly minimum?: number;
  /** About so many. */
  readonly ticks?: number;
}

/** Height that the numbers and the unit take below the axis. */
export const AXIS_HEIGHT = 26;
/** Advance of a digit at 12 px, of a wide sans serif. */
const TICK_GLYPH = 7.4;

export function axisFromZero(range: AxisRange): Axis {
  const { left, right, maximum, unit, minimum = 0 } = range;
  const step = roundStep((maximum - minimum) / unit.size, range.ticks ?? 5) * unit.size;
  const from = Math.floor(minimum / step) * step;
  const to = Math.max(step, Math.ceil(maximum / step - 1e-9) * step);
  const x = (value: number) => left + ((value - from) / (to - from)) * (right - left);
  const ticks = Array.from(
    { length: Math.round((to - from) / step) + 1 },
    (_, index) => from + index * step,
  );
  const draw = (top: number, bottom: number): Markup => {
    const lines = ticks.map((tick) => `M${px(x(tick))} ${top}V${bottom}`).join('');
    const numbers = ticks.map((tick) => tickText(tick / unit.size, step / unit.size));
    const end = unit.name === '' ? numbers.at(-1)! : `${numbers.at(-1)} ${unit.name}`;
    const texts = ticks.map((tick, index) => {
      const last = index === ticks.length - 1;
      const text = last ? end : numbers[index]!;
      // The last number stands left of its tick, with the unit: the one before may have no room.
      const room = right - TICK_GLYPH * end.length - x(tick);
      if (!last && index > 0 && room < TICK_GLYPH * (text.length / 2 + 1)) return undefined;
      const anchor = index === 0 ? '' : last ? ' end' : ' middle';
      return markup`<text class="tick${anchor}" x="${px(x(tick))}" y="${bottom + 17}">${text}</text>`;
    });
    return markup`<path class="grid" d="${lines}"/>${texts}`;
  };
  return { x, ticks, draw };
}

/** The step of 1, 2 or 5 times a power of ten that gives at most about `count` of them. */
export function roundStep(extent: number, count: number): number {
  // What is next to nothing would make a power of ten of zero.
  if (!(extent > 1e-12)) return 1;
  const rough = extent / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const multiple = [1, 2, 5].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return multiple * power;
}

function tickText(value: number, step: number): string {
  if (Math.abs(value) < step / 2) return '0';
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return decimals > 4 ? significant(value) : value.toFixed(decimals);
}
