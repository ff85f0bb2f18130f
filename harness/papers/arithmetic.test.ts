/** Every value that can be computed is the paper's, to a hundredth of a MiB. */
import { expect, test } from 'vitest';
import { bundledNetwork } from '../../runtime/testing/bundled-network.ts';
import { computePanels } from './arithmetic.ts';
import { panelOf, paperFigure, readPaperFigures } from './figures.ts';

const TOLERANCE_MIB = 0.01;

test.each([
  { name: 'deepthings-fig02', values: 96 },
  { name: 'deepthings-fig11', values: 68 },
  { name: 'deepthings-fig12', values: 30 },
  { name: 'deepthings-fig15', values: 9 },
])('$name: $values values', async ({ name, values }) => {
  const figure = paperFigure(await readPaperFigures(), name);
  const panels = computePanels(name, await bundledNetwork('yolov2'));
  let compared = 0;
  for (const [id, series] of Object.entries(panels)) {
    const panel = panelOf(figure, id);
    expect(Object.keys(series)).toEqual(Object.keys(panel.series));
    for (const [curve, ours] of Object.entries(series)) {
      for (const [index, value] of ours.entries()) {
        if (value === null) continue;
        compared++;
        const off = Math.abs(value - panel.series[curve]![index]!);
        expect(off, `${id}, ${curve}, ${panel.x.labels[index]}`).toBeLessThan(TOLERANCE_MIB);
      }
    }
  }
  expect(compared).toBe(values);
});

test('a figure that nobody has is told, with those that there are', async () => {
  const figures = await readPaperFigures();
  expect(() => paperFigure(figures, 'deepthings-fig99')).toThrow('deepthings-fig99');
});
