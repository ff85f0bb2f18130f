/**
 * HTML and SVG as values in which everything is escaped unless it was made by the same template:
 * names and errors in results come from files and other machines, and may hold anything.
 */

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Piece = Markup | string | number | undefined | readonly Piece[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Template tag: literal parts are markup, interpolated ones are escaped, lists joined. */
export function markup(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(
    literals
      .map((literal, index) => literal + (index < pieces.length ? render(pieces[index]) : ''))
      .join(''),
  );
}

function render(piece: Piece): string {
  if (piece === undefined) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(render).join('');
  return escapeText(String(piece));
}

/** Safe as text and inside quoted attributes, of HTML and of XML. */
export function escapeText(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/**
 * Shows what would otherwise be unseen, or not well-formed XML: control characters, lone surrogates
 * and marks that turn the direction of text become the replacement character.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Surrogate}\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/gu,
    (character) => (/[\t\n\r]/.test(character) ? character : '\uFFFD'),
  );
}
