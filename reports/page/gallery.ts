/** Annotated frames, as many as the page has room for. */
import { UNTRAINED } from '../facts.ts';
import { type Markup, markup } from '../markup.ts';
import type { Gallery, Picture } from '../pictures.ts';
import type { Results } from '../read.ts';
import { section } from './elements.ts';

export function gallerySection(results: Results, { pictures, leftOut }: Gallery): Markup {
  const { trained } = results.manifest.model;
  const notes = [
    'One picture a frame: of the first trial that has it, in the order of trials.jsonl.',
    ...(trained ? [] : [UNTRAINED]),
    ...(leftOut === 0
      ? []
      : [`${leftOut} more would not fit into this page; they are in the folder outputs.`]),
  ];
  const content =
    pictures.length === 0
      ? markup`<p>These results hold no annotated frames.</p>`
      : markup`<p>${notes.join(' ')}</p><div class="gallery">${pictures.map((picture) => figureOf(picture))}</div>`;
  return section('frames', 'Annotated frames', content);
}

function figureOf({ source, frame, line, detections, base64 }: Picture): Markup {
  const seen = detections.map(
    ({ label, probability }) => `${label} ${Math.round(probability * 100)} %`,
  );
  const text = seen.length === 0 ? 'no detections' : summary(seen);
  return markup`<figure><img src="data:image/jpeg;base64,${base64}" alt="Frame ${frame} of ${source}, annotated: ${text}"><figcaption><b>${source}, frame ${frame}</b> <small>line ${line}</small><br>${text}</figcaption></figure>\n`;
}

function summary(seen: readonly string[]): string {
  const shown = seen.slice(0, 6);
  const more = seen.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? `, ${more} more` : ''}`;
}
