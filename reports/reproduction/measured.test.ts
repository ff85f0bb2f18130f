/** Measured trials under the names of the paper's curves, and the same on the page beside the paper's. */
import { expect, test } from 'vitest';
import type { Parameters, TrialRecord } from '../../harness/results/format.ts';
import type { ReproducedPanel } from '../../harness/results/reproduction.ts';
import type { Transfer } from '../../runtime/schedule/transfer.ts';
import type { Results } from '../read.ts';
import { agreement } from './compare.ts';
import { curveChart } from './curve-chart.ts';
import { measuredFigure } from './measured.ts';
import { reproductionMarkdown } from './text.ts';

const BASE: Parameters = {
  edges: 1,
  grid: '3x3',
  fusedLayers: 16,
  strategy: 'local',
  reuse: false,
};

function trial(parameters: Partial<Parameters>, latenciesMs: readonly number[]): TrialRecord {
  return {
    trial: 'a',
    parameters: { ...BASE, ...parameters },
    repetition: 1,
    status: 'ok',
    startedAt: '2026-11-25T16:00:00.000Z',
    order: 0,
    frames: latenciesMs.map((latencyMs, frame) => ({
      source: 'edge0',
      frame,
      latencyMs,
      detections: [],
    })),
    lostFrames: [],
    nodes: { edge0: { bytesSent: 2 ** 20 * latenciesMs.length } as TrialRecord['nodes'][string] },
  };
}

function results(trials: readonly TrialRecord[]): Results {
  const manifest = {
    testbed: { name: 'pis', provider: 'netns' },
    host: { cpuModel: 'a CPU', cpus: [0, 1] },
    versions: { engine: 'onnxruntime 1' },
    seed: 1,
    startedAt: 'then',
  };
  return { folder: '', manifest, trials, traces: [], damagedLines: [] } as unknown as Results;
}

test('medians of frames by curve and number of devices, and the plain layers aside', () => {
  const measured = measuredFigure(
    'deepthings-fig13',
    results([
      trial({ strategy: 'local', grid: '1x1' }, [13_000]),
      trial({ strategy: 'deepthings', reuse: true, edges: 2 }, [9000, 11_000]),
      trial({ strategy: 'modnn', grid: '1x1', edges: 6 }, [8000]),
      { ...trial({ strategy: 'modnn', grid: '1x1', edges: 5 }, [1]), status: 'failed' },
    ]),
  );
  expect(measured.plain).toBe(13);
  expect(measured.panels['latency']).toMatchObject({
    '3x3 WST-S': [null, 10, null, null, null, null],
    MoDNN: [null, null, null, null, null, 8],
  });
});

test('an invalid trial enters no figure, and is told', () => {
  const reasons = [{ code: 'link-off', text: 'the link of edge0 is off' }] as const;
  const invalid = { ...trial({}, [1]), verdict: { verdict: 'invalid', reasons } } as const;
  const { panels, setting } = measuredFigure('deepthings-fig13', results([invalid]));
  expect(panels['latency']).toEqual({});
  expect(setting.join('\n')).toContain(
    '1 trials are invalid and left out: the link of edge0 is off',
  );
});

test('what was wanted of links is told, also where one medium is what limits them', () => {
  const { manifest, ...rest } = results([]);
  const measured = (rate: number) => ({ sendBitsPerSecond: rate, receiveBitsPerSecond: 38e6 });
  const settingWith = (links: object) =>
    measuredFigure('deepthings-fig13', {
      ...rest,
      manifest: { ...manifest, links } as Results['manifest'],
    }).setting.at(-1);
  const expected = { roundTripMs: 6, rateBitsPerSecond: 40e6 };
  expect(settingWith({ edge0: { asked: {}, expected, measured: measured(39e6) } })).toBe(
    'Links measured before the first trial: 38 to 39 Mbit/s, 40 wanted.',
  );
  const asked = { rateBitsPerSecond: 20e6 };
  expect(
    settingWith({
      edge0: { asked: {}, expected, measured: measured(39e6) },
      edge1: { asked, measured: measured(19e6) },
    }),
  ).toBe('Links measured before the first trial: 19 to 39 Mbit/s, 20 to 40 wanted.');
  expect(settingWith({ edge0: { asked: {}, measured: measured(38e6) } })).toBe(
    'Links measured before the first trial: 38 Mbit/s.',
  );
});

test('how frames and halos travelled is told; results that do not say it are as by default', () => {
  const { manifest, ...rest } = results([]);
  const told = (transfer?: Transfer) =>
    measuredFigure('deepthings-fig12', {
      ...rest,
      manifest: { ...manifest, ...(transfer === undefined ? {} : { transfer }) },
    });
  const plain = told();
  expect(plain.transfer).toEqual({ frames: 'pixels', halos: 'direct' });
  expect(plain.setting).toContain(
    'What travelled: parts of frames as pixels where those are fewer bytes than floats, halos from the edge that computed them to the one that uses them.',
  );
  const papers = told({ frames: 'floats', halos: 'gateway' });
  expect(papers.transfer).toEqual({ frames: 'floats', halos: 'gateway' });
  expect(papers.setting).toContain(
    "What travelled: parts of frames as float32, as in the papers' program, halos through the gateway, as in the papers' program.",
  );
});

test('bytes a frame, summed over nodes', () => {
  const { panels } = measuredFigure('deepthings-fig12', results([trial({}, [1, 1, 1])]));
  expect(panels['communication']!['local']![0]).toBe(1);
});

const PANEL: ReproducedPanel = {
  id: 'latency',
  title: 'Latency',
  unit: 's',
  x: { title: 'devices', labels: ['1', '2'] },
  how: 'measurement',
  series: [{ name: 'MoDNN', paper: [10, 5], ours: [20, null] }],
};

test('what agrees is told by ratios, and what is missing is not counted', () => {
  expect(agreement(PANEL)).toBe(
    '1 of 2 points, ratio here to paper 2.00 in the middle, from 2.00 to 2.00',
  );
  expect(agreement({ ...PANEL, series: [] })).toBeUndefined();
});

test('the chart has a mark for each value, and a tip that says whose it is', () => {
  const { body } = curveChart(PANEL, PANEL.series);
  const tips = [...body.text.matchAll(/<title>([^<]*)/g)].map(([, tip]) => tip);
  expect(tips).toEqual(['MoDNN, 1, paper: 10 s', 'MoDNN, 2, paper: 5 s', 'MoDNN, 1, here: 20 s']);
});

test('Markdown has a row for each curve, ours and the paper’s', () => {
  const text = reproductionMarkdown({
    figure: 'deepthings-fig13',
    title: 'Latency',
    source: 'a paper',
    madeAt: 'now',
    setting: ['here'],
    panels: [PANEL],
    claims: [{ claim: 'a | b', verdict: 'holds', found: 'so' }],
    speedups: [],
  });
  expect(text).toContain('| MoDNN, paper | 10 | 5 |\n| MoDNN, here | 20 |  |');
  expect(text).toContain('a \\| b');
});
