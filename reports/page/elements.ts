/** The parts that every section of the page is made of. */
import { type Drawing, inlineSvg } from '../drawing.ts';
import { type Markup, markup, type Piece } from '../markup.ts';

export interface Column<Row> {
  readonly title: string;
  /** Under the title: the unit. */
  readonly unit?: string;
  readonly numeric?: boolean;
  readonly cell: (row: Row, index: number) => Piece;
}

export interface TableSetup<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** The id of a row, for links to it. */
  readonly idOf?: (row: Row) => string;
}

/** The first column heads its row. Wide tables scroll in their own box, never the page. */
export function table<Row>({ caption, columns, rows, idOf }: TableSetup<Row>): Markup {
  const kind = ({ numeric }: Column<Row>) => (numeric === true ? 'number' : 'words');
  const head = columns.map(
    (column) =>
      markup`<th scope="col" class="${kind(column)}">${column.title}${column.unit === undefined ? undefined : markup` <small>${column.unit}</small>`}</th>`,
  );
  const body = rows.map((row, index) => {
    const cells = columns.map((column, position) => {
      const content = column.cell(row, index);
      return position === 0
        ? markup`<th scope="row" class="${kind(column)}">${content}</th>`
        : markup`<td class="${kind(column)}">${content}</td>`;
    });
    const id = idOf === undefined ? undefined : markup` id="${idOf(row)}"`;
    return markup`<tr${id}>${cells}</tr>`;
  });
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption><span>${caption}</span></caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>\n`;
}

/** A drawing under its heading. `wide` ones scroll rather than shrink where there is little room. */
export function figure(drawing: Drawing, wide = false): Markup {
  const svg = inlineSvg(drawing);
  const box = wide
    ? markup`<div class="scroll wide" tabindex="0" role="region" aria-label="${drawing.title}">${svg}</div>`
    : svg;
  return markup`<figure><figcaption><h4>${drawing.title}</h4><p>${drawing.description} <button type="button" class="save" hidden>Save as SVG</button></p></figcaption>${box}</figure>\n`;
}

export function section(id: string, title: string, content: Piece): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>\n${content}</section>\n`;
}

/** A list in words that breaks at its commas only: `2 edges, reuse` never ends a line with `2`. */
export function breakingAtCommas(text: string): string {
  return text.replace(/(?<!,) /g, '\u00A0');
}

/** `dt` and `dd` pairs. */
export function facts(list: readonly { readonly term: string; readonly detail: Piece }[]): Markup {
  const pairs = list.map(
    ({ term, detail }) => markup`<div><dt>${term}</dt><dd>${detail}</dd></div>`,
  );
  return markup`<dl class="facts">${pairs}</dl>\n`;
}
