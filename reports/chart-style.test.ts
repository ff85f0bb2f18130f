import { describe, expect, test } from 'vitest';
import { DARK, FILE_CHART_STYLE, FRAME_COLOURS, LIGHT } from './chart-style.ts';

type Rgb = readonly [red: number, green: number, blue: number];

/** Linear light of a #rrggbb colour, each 0 to 1. */
function linear(colour: string): Rgb {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return [red!, green!, blue!];
}

function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2's contrast, 1 to 21. */
function contrast(one: string, other: string): number {
  const [low, high] = [luminance(linear(one)), luminance(linear(other))].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

/** As who lacks green cones sees it (Viénot, Brettel and Mollon 1999). */
function deuteranope(colour: string): Rgb {
  const [red, green, blue] = linear(colour);
  const yellow = 0.29275 * red + 0.70725 * green;
  return [yellow, yellow, -0.02234 * red + 0.02234 * green + blue];
}

/** Difference in lightness and in yellow against blue, about 0 to 100 each. */
function apart(one: Rgb, other: Rgb): number {
  const root = ([red, , blue]: Rgb) => [Math.cbrt(red) * 100, Math.cbrt(Math.max(0, blue)) * 100];
  const [a, b] = [root(one), root(other)];
  return Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!);
}

const FRAMES = Array.from({ length: FRAME_COLOURS }, (_, index) => `f${index}`);

describe.each([
  ['light', LIGHT],
  ['dark', DARK],
])('the %s palette', (_, palette) => {
  test('has text that can be read and marks that can be seen', () => {
    for (const name of ['ink', 'muted']) {
      expect(contrast(palette[name]!, palette['paper']!)).toBeGreaterThanOrEqual(4.5);
    }
    for (const frame of FRAMES) {
      expect(contrast(palette[frame]!, palette['paper']!)).toBeGreaterThanOrEqual(3);
    }
  });

  test('keeps neighbouring colours apart for the colour-blind', () => {
    for (const [index, frame] of FRAMES.entries()) {
      const next = FRAMES[(index + 1) % FRAMES.length]!;
      const [one, other] = [deuteranope(palette[frame]!), deuteranope(palette[next]!)];
      expect(apart(one, other), `${frame} and ${next}`).toBeGreaterThan(8);
    }
  });
});

test('a drawing’s own style names colours, not variables', () => {
  expect(FILE_CHART_STYLE).toContain(`svg .f0{fill:${LIGHT['f0']}}`);
  expect(FILE_CHART_STYLE).not.toMatch(/var\(|undefined/);
});
