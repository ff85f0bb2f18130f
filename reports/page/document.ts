/**
 * A page that needs nothing else: styles and the script are in it, and its content security policy
 * forbids that anything be loaded or another script run.
 */
import { createHash } from 'node:crypto';
import { PAGE_CHART_STYLE } from '../chart-style.ts';
import { Markup, markup, type Piece } from '../markup.ts';
import { PAGE_SCRIPT, PAGE_STYLE } from './style.ts';

interface PageDocument {
  readonly title: string;
  /** What made it. */
  readonly generator: string;
  readonly header: Piece;
  readonly main: Piece;
  readonly footer: string;
}

export function pageDocument({ title, generator, header, main, footer }: PageDocument): string {
  const hash = createHash('sha256').update(PAGE_SCRIPT).digest('base64');
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const { text } = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="${generator}">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(PAGE_CHART_STYLE)}${trusted(PAGE_STYLE)}</style>
</head>
<body>
<header>
${header}
</header>
<main>
${main}</main>
<footer>${footer}</footer>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return text;
}

/** For the room's own style sheets and script alone. */
function trusted(text: string): Markup {
  return new Markup(text);
}
