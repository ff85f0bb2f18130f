/**
 * Draws detections into a picture: a box in its class' colour, and a plate with label and probability.
 * Pixels only, no library; what lies outside the picture is cut off.
 */
import type { Picture } from '../frames/picture.ts';
import type { Detection } from './detection.ts';
import { GLYPH_HEIGHT, GLYPH_WIDTH, hasInk } from './font.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** Left and top edges belong to it, right and bottom ones do not. Whole pixels. */
interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Darknet's line width, as a share of the picture. */
const LINE_SHARE = 0.006;
/** A picture of so many pixels on its shorter side has text of one pixel a dot. */
const TEXT_UNIT = 300;
const BLACK: Colour = [0, 0, 0];
const WHITE: Colour = [255, 255, 255];

/** Returns a new picture. The most probable detection, which comes first, lies on top. */
export function drawDetections(picture: Picture, detections: readonly Detection[]): Picture {
  const drawn = { ...picture, pixels: Uint8Array.from(picture.pixels) };
  const side = Math.min(picture.width, picture.height);
  const lineWidth = Math.max(1, Math.round(side * LINE_SHARE));
  const dot = Math.max(1, Math.round(side / TEXT_UNIT));
  for (const detection of detections.toReversed()) {
    const box = visiblePart(detection.box, picture);
    if (box === undefined) continue;
    const colour = classColour(detection.class);
    outline(drawn, box, lineWidth, colour);
    const text = `${detection.label} ${Math.round(detection.probability * 100)}%`;
    drawPlate(drawn, box, text, dot, colour);
  }
  return drawn;
}

/** The box in whole pixels, cut to the picture; undefined where nothing of it is left. */
function visiblePart(box: Detection['box'], { width, height }: Picture): Rectangle | undefined {
  const left = Math.max(0, Math.round(box.x));
  const top = Math.max(0, Math.round(box.y));
  const right = Math.min(width, Math.round(box.x + box.width));
  const bottom = Math.min(height, Math.round(box.y + box.height));
  return left < right && top < bottom ? { left, top, right, bottom } : undefined;
}

function outline(picture: Picture, box: Rectangle, lineWidth: number, colour: Colour): void {
  const { left, top, right, bottom } = box;
  fill(picture, { ...box, bottom: Math.min(bottom, top + lineWidth) }, colour);
  fill(picture, { ...box, top: Math.max(top, bottom - lineWidth) }, colour);
  fill(picture, { ...box, right: Math.min(right, left + lineWidth) }, colour);
  fill(picture, { ...box, left: Math.max(left, right - lineWidth) }, colour);
}

/** Above the box where there is room, else in its upper left corner; moved left to stay in the picture. */
function drawPlate(
  picture: Picture,
  box: Rectangle,
  text: string,
  dot: number,
  colour: Colour,
): void {
  const characters = [...text];
  const advance = (GLYPH_WIDTH + 1) * dot;
  const width = characters.length * advance + dot;
  const height = (GLYPH_HEIGHT + 2) * dot;
  const left = Math.max(0, Math.min(box.left, picture.width - width));
  const top = box.top >= height ? box.top - height : box.top;
  fill(picture, { left, top, right: left + width, bottom: top + height }, colour);
  const ink = luminance(colour) > 128 ? BLACK : WHITE;
  for (const [index, character] of characters.entries()) {
    drawGlyph(picture, character, left + dot + index * advance, top + dot, dot, ink);
  }
}

function drawGlyph(
  picture: Picture,
  character: string,
  left: number,
  top: number,
  dot: number,
  colour: Colour,
): void {
  for (let row = 0; row < GLYPH_HEIGHT; row++) {
    for (let column = 0; column < GLYPH_WIDTH; column++) {
      if (!hasInk(character, column, row)) continue;
      const [x, y] = [left + column * dot, top + row * dot];
      fill(picture, { left: x, top: y, right: x + dot, bottom: y + dot }, colour);
    }
  }
}

/** Cuts off what lies beyond the right and bottom edges; no rectangle starts beyond the others. */
function fill(picture: Picture, rectangle: Rectangle, colour: Colour): void {
  const right = Math.min(picture.width, rectangle.right);
  const bottom = Math.min(picture.height, rectangle.bottom);
  for (let y = rectangle.top; y < bottom; y++) {
    for (let x = rectangle.left; x < right; x++)
      picture.pixels.set(colour, (y * picture.width + x) * 3);
  }
}

/** Golden angle between classes' hues: neighbours differ clearly, and no number of classes is assumed. */
export function classColour(index: number): Colour {
  const hue = (index * 137.508) % 360;
  const channel = (shift: number) => {
    const position = (shift + hue / 60) % 6;
    return Math.round(255 * (1 - Math.max(0, Math.min(position, 4 - position, 1))));
  };
  return [channel(5), channel(3), channel(1)];
}

function luminance([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
