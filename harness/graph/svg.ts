/**
 * A testbed as a drawing: the gateway above a rail that is the network, edges in rows below it, and
 * dashed curves for what lies between two of them.
 */
import { type Markup, markup } from '../../reports/markup.ts';
import { linkText } from '../spec/links.ts';
import type { Testbed, TestbedNode } from '../spec/resolved.ts';
import { nodeLines } from './labels.ts';

const CARD_WIDTH = 150;
const GAP = 26;
const LINE_HEIGHT = 17;
const HEAD_HEIGHT = 52;
const MARGIN = 28;
const TITLE_HEIGHT = 44;
const MOST_IN_A_ROW = 6;

interface Card {
  readonly node: TestbedNode;
  readonly lines: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export function renderSvg(testbed: Testbed): string {
  const { name, provider, subnet, nodes, pairs = [], medium } = testbed;
  const edges = nodes.filter(({ role }) => role === 'edge');
  const columns = Math.min(MOST_IN_A_ROW, Math.max(2, edges.length));
  const width = 2 * MARGIN + columns * CARD_WIDTH + (columns - 1) * GAP;
  const gateway = cardOf(nodes[0]!, (width - CARD_WIDTH) / 2, TITLE_HEIGHT + MARGIN);
  const rail = gateway.y + gateway.height + 34;
  const tallest = Math.max(...edges.map((node) => cardOf(node, 0, 0).height));
  // Curves between nodes hang below their row.
  const rowHeight = tallest + (pairs.length === 0 ? 34 : 92);
  const cards = [
    gateway,
    ...edges.map((node, index) => {
      const row = Math.floor(index / columns);
      const inRow = Math.min(columns, edges.length - row * columns);
      const free = width - inRow * CARD_WIDTH - (inRow - 1) * GAP;
      const x = free / 2 + (index % columns) * (CARD_WIDTH + GAP);
      return cardOf(node, x, rail + 34 + row * rowHeight);
    }),
  ];
  const rows = Math.ceil(edges.length / columns);
  const height = rail + 34 + rows * rowHeight + MARGIN;
  const shared = medium === undefined ? '' : `, one medium for all: ${linkText(medium)}`;
  const drawing = markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${name}: ${nodes.length} nodes</title>
<style>${STYLE}</style>
<rect class="paper" width="${width}" height="${height}"/>
<text class="title" x="${MARGIN}" y="34">${name}</text>
<text class="note" x="${MARGIN}" y="54">${provider}, ${subnet}${shared}</text>
<line class="rail${medium === undefined ? '' : ' medium'}" x1="${MARGIN}" y1="${rail}" x2="${width - MARGIN}" y2="${rail}"/>
${cards.map((card) => cable(card, rail))}
${pairs.map(({ between, link }, index) => curve(cards, between, linkText(link), index))}
${cards.map(drawCard)}
</svg>
`;
  return drawing.text;
}

/** Plain attributes and names of fonts that every drawing program knows. */
const STYLE = `text{font:13px system-ui,'Liberation Sans',Arial,sans-serif;fill:#1c2228;text-anchor:middle}
.title{font-size:19px;font-weight:600;text-anchor:start}.note{fill:#59636d;text-anchor:start}
.name{font-size:15px;font-weight:600}.small{font-size:12px;fill:#59636d}.paper{fill:#fff}
.card{fill:#f6f8fa;stroke:#0072b2;stroke-width:1.5}.gateway{stroke:#c77f00}
.rail{stroke:#59636d;stroke-width:4}.medium{stroke-dasharray:10 5}
.cable{stroke:#59636d;stroke-width:1.5;fill:none}.pair{stroke:#b8568f;stroke-width:1.5;fill:none;stroke-dasharray:5 4}
.label{font-size:12px;fill:#8a3567}`;

function cardOf(node: TestbedNode, x: number, y: number): Card {
  const lines = nodeLines(node);
  return { node, lines, x, y, height: HEAD_HEIGHT + lines.length * LINE_HEIGHT };
}

function drawCard({ node, lines, x, y, height }: Card): Markup {
  const middle = x + CARD_WIDTH / 2;
  const kind = node.role === 'gateway' ? 'card gateway' : 'card';
  return markup`<g><rect class="${kind}" x="${x}" y="${y}" width="${CARD_WIDTH}" height="${height}" rx="8"/>
<text class="name" x="${middle}" y="${y + 22}">${node.name}</text>
<text class="small" x="${middle}" y="${y + 38}">${node.role}</text>
${lines.map((line, index) => markup`<text x="${middle}" y="${y + HEAD_HEIGHT + 5 + index * LINE_HEIGHT}">${line}</text>`)}</g>
`;
}

/** Those of lower rows pass behind the cards above them. */
function cable({ x, y, height, node }: Card, rail: number): Markup {
  const middle = x + CARD_WIDTH / 2;
  const end = node.role === 'gateway' ? y + height : y;
  return markup`<path class="cable" d="M${middle} ${rail}V${end}"/>\n`;
}

function curve(
  cards: readonly Card[],
  between: readonly [string, string],
  text: string,
  index: number,
): Markup {
  const [from, to] = between
    .map((name) => cards.find(({ node }) => node.name === name)!)
    .toSorted((a, b) => a.x - b.x) as [Card, Card];
  const [x1, x2] = [from.x + CARD_WIDTH / 2 - 18, to.x + CARD_WIDTH / 2 + 18];
  const [y1, y2] = [from.y + from.height, to.y + to.height];
  const depth = Math.max(y1, y2) + 34 + (index % 2) * 24;
  const middle = (x1 + x2) / 2;
  return markup`<path class="pair" d="M${x1} ${y1}C${x1} ${depth},${x2} ${depth},${x2} ${y2}"/>
<text class="label" x="${middle}" y="${depth + 8}">${text}</text>
`;
}
