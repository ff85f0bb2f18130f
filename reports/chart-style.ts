/**
 * Colours of everything drawn, light and dark. Series and frames go by Okabe and Ito's colours that
 * the common kinds of colour blindness keep apart, darkened or lightened until each has a contrast of
 * 3 to 1 with its background.
 */

/** How many frames have a colour of their own before colours repeat. */
export const FRAME_COLOURS = 8;

type Palette = Readonly<Record<string, string>>;

export const LIGHT: Palette = {
  paper: '#ffffff',
  ink: '#1c2228',
  muted: '#59636d',
  line: '#dfe3e7',
  track: '#f1f3f5',
  f0: '#0072b2',
  f1: '#c77f00',
  f2: '#008f68',
  f3: '#b8568f',
  f4: '#2f93cc',
  f5: '#c24e00',
  f6: '#6b737b',
  f7: '#857600',
};

export const DARK: Palette = {
  paper: '#181c20',
  ink: '#e7ebee',
  muted: '#a0aab3',
  line: '#333a41',
  track: '#22272c',
  f0: '#3d9fdc',
  f1: '#e69f00',
  f2: '#22b98d',
  f3: '#d98bb8',
  f4: '#9bd3f4',
  f5: '#f08048',
  f6: '#a3abb3',
  f7: '#e8dc50',
};

const COLOUR_RULES = Array.from(
  { length: FRAME_COLOURS },
  (_, index) =>
    `svg .f${index}{fill:var(--f${index})}svg .outlined.f${index},svg .curve.f${index}{stroke:var(--f${index})}`,
).join('\n');

const RULES = `
svg{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',Arial,sans-serif;font-variant-numeric:tabular-nums}
svg text{fill:var(--ink);font-size:13px}
svg text.title{font-size:20px;font-weight:600}
svg text.heading{font-size:15px;font-weight:600}
svg text.note,svg text.tick{fill:var(--muted);font-size:12px}
svg text.small{font-size:11px}
svg text.end{text-anchor:end}
svg text.middle{text-anchor:middle}
svg .paper{fill:var(--paper)}
svg .track{fill:var(--track)}
svg .grid{stroke:var(--line);stroke-width:1;fill:none}
svg .interval{stroke:var(--f0);stroke-width:2;fill:none}
svg .median{fill:var(--f0);stroke:var(--paper);stroke-width:1.5}
svg .run{fill:var(--muted);fill-opacity:.75}
svg .degraded{fill:var(--paper);stroke:var(--f5);stroke-width:1.75}
svg .outlined{fill-opacity:.18;stroke-opacity:.9;stroke-width:.75}
${COLOUR_RULES}
svg .curve{fill-opacity:0;stroke-width:1.75;stroke-linejoin:round}
svg .mark{fill:none;stroke:var(--muted);stroke-width:1.5;stroke-dasharray:4 3}
svg .stolen{fill:var(--ink);stroke:none}
`;

/** For a page: follows the reader's light or dark scheme. */
export const PAGE_CHART_STYLE = `
:root{${declarations(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${declarations(DARK)}}}
@media print{:root{${declarations(LIGHT)}}}
${RULES}`;

/** For a file of its own: no variables, which drawing programs do not know, and light as paper. */
export const FILE_CHART_STYLE = RULES.replace(/var\(--(\w+)\)/g, (_, name: string) => LIGHT[name]!);

function declarations(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}
