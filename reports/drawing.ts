/** SVG drawings: their common parts, and how one stands in a page or in a file of its own. */
import { Markup, markup } from './markup.ts';

export interface Drawing {
  readonly title: string;
  /** What a reader sees in it, as a sentence: for those who cannot, and as its caption. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly body: Markup;
}

export interface LegendEntry {
  readonly label: string;
  readonly swatch: Markup;
}

/** Of a document: around it, between two drawings, above a drawing and above all of them. */
const MARGIN = 24;
const GUTTER = 120;
const HEAD_HEIGHT = 56;
const TITLE_HEIGHT = 52;
const HALF_PAGE = 480;

/** Advance of a glyph at 13 px, of a wide sans serif: measuring is up to the reader's machine. */
const GLYPH_WIDTH = 7.2;

/** Inline in HTML; scales with its container. */
export function inlineSvg({ title, width, height, body }: Drawing): Markup {
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${body}</svg>`;
}

/** A coordinate, to a hundredth of a pixel. */
export function px(value: number): number {
  return Math.round(value * 100) / 100;
}

/** What is left of a line for a label when a text of 13 px stands at its end. */
export function roomBeside(text: string, width: number): number {
  return width - [...text].length * GLYPH_WIDTH - 10;
}

/** The text, cut where it would leave `width`; the whole of it as a tooltip then. */
export function label(text: string, x: number, y: number, width: number, kind = 'label'): Markup {
  const room = Math.floor(width / GLYPH_WIDTH);
  const characters = [...text];
  if (characters.length <= room)
    return markup`<text class="${kind}" x="${px(x)}" y="${y}">${text}</text>`;
  const cut = `${characters.slice(0, Math.max(1, room - 1)).join('')}…`;
  return markup`<text class="${kind}" x="${px(x)}" y="${y}">${cut}<title>${text}</title></text>`;
}

/** Entries from left to right, in as many lines as they need. */
export function legend(
  entries: readonly LegendEntry[],
  x: number,
  width: number,
): { readonly body: Markup; readonly height: number } {
  const lineHeight = 20;
  let [atX, line] = [0, 0];
  const body = entries.map((entry) => {
    const entryWidth = 24 + [...entry.label].length * GLYPH_WIDTH * 0.92 + 14;
    if (atX > 0 && atX + entryWidth > width) [atX, line] = [0, line + 1];
    const item = markup`<g transform="translate(${px(x + atX)} ${line * lineHeight})">${entry.swatch}<text class="note" x="22" y="13">${entry.label}</text></g>`;
    atX += entryWidth;
    return item;
  });
  return { body: markup`<g class="legend">${body}</g>`, height: (line + 1) * lineHeight };
}

/** A filled square for a legend. */
export function swatch(colour: string): Markup {
  return markup`<rect class="${colour}" x="2" y="2" width="14" height="14" rx="3"/>`;
}

/** Drawings under their titles, side by side where they fit, as a document of its own. */
export function svgDocument(title: string, drawings: readonly Drawing[], style: string): string {
  const widest = Math.max(HALF_PAGE, ...drawings.map((drawing) => drawing.width));
  let [x, y, rowHeight] = [0, TITLE_HEIGHT, 0];
  const parts = drawings.map((drawing) => {
    if (x > 0 && x + drawing.width > widest) [x, y, rowHeight] = [0, y + rowHeight + MARGIN, 0];
    const part = markup`<g transform="translate(${MARGIN + x} ${y})"><text class="heading" y="16">${drawing.title}</text><text class="note" y="36">${drawing.description}</text><g transform="translate(0 ${HEAD_HEIGHT})">${drawing.body}</g></g>`;
    x += drawing.width + GUTTER;
    rowHeight = Math.max(rowHeight, HEAD_HEIGHT + drawing.height);
    return part;
  });
  const width = widest + 2 * MARGIN;
  const height = y + rowHeight + MARGIN;
  const { text } =
    markup`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}"><title>${title}</title><style>${new Markup(style)}</style><rect class="paper" width="${width}" height="${height}"/><text class="title" x="${MARGIN}" y="34">${title}</text>${parts}</svg>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${text}\n`;
}
