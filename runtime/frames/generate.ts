/**
 * Draws frames for those who have no pictures at hand: a street under a sky, with houses, cars and a
 * sun, different for every seed and index, and equal on every machine since all of it is integers.
 */
import type { Picture } from './picture.ts';

type Colour = readonly [number, number, number];

export interface GeneratedFrame {
  readonly seed: number;
  readonly index: number;
  readonly width: number;
  readonly height: number;
}

export function generatePicture({ seed, index, width, height }: GeneratedFrame): Picture {
  const canvas = new Canvas(width, height);
  const random = randomIntegers(
    Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b),
  );
  const horizon = Math.floor((height * (50 + random(15))) / 100);
  canvas.gradient(0, horizon, [96, 150, 214], [206, 224, 240]);
  canvas.disc(random(width), Math.floor(horizon / 4), Math.floor(width / 18) + 1, [255, 240, 190]);
  const houses = 5 + random(4);
  for (let house = 0; house < houses; house++) drawHouse(canvas, house, houses, horizon, random);
  canvas.gradient(horizon, height, [92, 94, 90], [58, 58, 62]);
  const kerb = horizon + Math.floor((height - horizon) / 6);
  canvas.rectangle(0, horizon, width, kerb, [150, 146, 138]);
  for (let dash = 0; dash < 8; dash++) {
    const x = Math.floor((width * (2 * dash + 1)) / 16);
    canvas.rectangle(
      x,
      Math.floor((kerb + height) / 2),
      x + Math.floor(width / 20),
      Math.floor((kerb + height) / 2) + Math.ceil(height / 120),
      [222, 214, 170],
    );
  }
  const cars = 2 + random(3);
  for (let car = 0; car < cars; car++) drawCar(canvas, car, cars, kerb, random);
  canvas.grain(random);
  return { width, height, pixels: canvas.pixels };
}

function drawHouse(
  canvas: Canvas,
  house: number,
  houses: number,
  horizon: number,
  random: Random,
): void {
  const wide = Math.floor(canvas.width / houses);
  const left = house * wide;
  const top = horizon - Math.floor((horizon * (25 + random(45))) / 100);
  const shade = 90 + random(110);
  canvas.rectangle(left, top, left + wide - random(Math.ceil(wide / 4) + 1), horizon, [
    shade,
    shade - random(30),
    shade - random(60),
  ]);
  const columns = 2 + random(3);
  const storeys = 2 + random(4);
  const [stepX, stepY] = [
    Math.floor(wide / (columns + 1)),
    Math.floor((horizon - top) / (storeys + 1)),
  ];
  for (let row = 0; row < storeys; row++) {
    for (let column = 0; column < columns; column++) {
      const x = left + Math.floor(stepX / 2) + column * stepX;
      const y = top + Math.floor(stepY / 2) + row * stepY;
      const lit = random(3) === 0;
      canvas.rectangle(
        x,
        y,
        x + Math.floor(stepX / 2),
        y + Math.floor(stepY / 2),
        lit ? [250, 222, 140] : [60, 78, 100],
      );
    }
  }
}

function drawCar(canvas: Canvas, car: number, cars: number, kerb: number, random: Random): void {
  const long = Math.floor((canvas.width * (16 + random(8))) / 100);
  const tall = Math.floor(long / 3);
  const left =
    Math.floor((canvas.width * car) / cars) + random(Math.ceil(canvas.width / (2 * cars)));
  const bottom =
    kerb + tall + random(Math.max(1, canvas.height - kerb - tall - Math.floor(tall / 3)));
  const paint: Colour = [60 + random(190), 40 + random(120), 40 + random(160)];
  const half = Math.floor(tall / 2);
  canvas.rectangle(left, bottom - half, left + long, bottom, paint);
  canvas.rectangle(
    left + Math.floor(long / 5),
    bottom - tall,
    left + Math.floor((long * 4) / 5),
    bottom - half,
    paint,
  );
  canvas.rectangle(
    left + Math.floor(long / 4),
    bottom - tall + Math.floor(tall / 10),
    left + Math.floor((long * 3) / 4),
    bottom - half,
    [170, 200, 220],
  );
  const wheel = Math.floor(tall / 4);
  canvas.disc(left + Math.floor(long / 5), bottom, wheel, [24, 24, 26]);
  canvas.disc(left + Math.floor((long * 4) / 5), bottom, wheel, [24, 24, 26]);
}

class Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height * 3);
  }

  gradient(top: number, bottom: number, upper: Colour, lower: Colour): void {
    const span = Math.max(1, bottom - top - 1);
    for (let y = top; y < bottom; y++) {
      const mix = (channel: 0 | 1 | 2) =>
        upper[channel] + Math.trunc(((lower[channel] - upper[channel]) * (y - top)) / span);
      this.rectangle(0, y, this.width, y + 1, [mix(0), mix(1), mix(2)]);
    }
  }

  rectangle(x1: number, y1: number, x2: number, y2: number, [red, green, blue]: Colour): void {
    const [left, right] = [Math.max(0, x1), Math.min(this.width, x2)];
    for (let y = Math.max(0, y1); y < Math.min(this.height, y2); y++) {
      for (let at = (y * this.width + left) * 3; at < (y * this.width + right) * 3; at += 3) {
        this.pixels[at] = red;
        this.pixels[at + 1] = green;
        this.pixels[at + 2] = blue;
      }
    }
  }

  disc(x: number, y: number, radius: number, colour: Colour): void {
    for (let row = -radius; row <= radius; row++) {
      let half = 0;
      while ((half + 1) * (half + 1) + row * row <= radius * radius) half++;
      this.rectangle(x - half, y + row, x + half + 1, y + row + 1, colour);
    }
  }

  /** A camera's noise: no two neighbours alike, so that nothing downstream sees only flat areas. */
  grain(random: Random): void {
    for (let index = 0; index < this.pixels.length; index++) {
      this.pixels[index] = Math.min(255, Math.max(0, this.pixels[index]! + random(13) - 6));
    }
  }
}

/** A whole number from 0 to below `limit`. */
type Random = (limit: number) => number;

/** Marsaglia's xorshift32 (2003). */
function randomIntegers(seed: number): Random {
  let x = seed | 0 || 1;
  return (limit) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % limit;
  };
}
