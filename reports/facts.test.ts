import { expect, test } from 'vitest';
import type { Manifest } from '../harness/results/format.ts';
import { experimentFacts, nodeRows, warningsOf } from './facts.ts';
import { fixtureResults } from './fixture.ts';
import type { Results } from './read.ts';
import { summarize } from './summary.ts';

const results = fixtureResults();

function factOf(term: string, manifest: Manifest = results.manifest): string | undefined {
  return experimentFacts({ ...results, manifest }).find((fact) => fact.term === term)?.detail;
}

function warnings(changes: Partial<Results>): string {
  const changed = { ...results, ...changes };
  return warningsOf(changed, summarize(changed)).join('\n');
}

test('how frames and halos travelled is said, also of results that do not name it', () => {
  const { manifest } = results;
  expect(factOf('What travelled')).toContain('as pixels where those are fewer bytes');
  const transfer = { frames: 'floats', halos: 'gateway' } as const;
  expect(factOf('What travelled', { ...manifest, transfer })).toBe(
    "parts of frames as float32, as in the papers' program, halos through the gateway, as in the papers' program",
  );
});

test('missing security and meaningless detections are said plainly', () => {
  const { manifest } = results;
  expect(factOf('Security')).toMatch(/^None\. .*nothing was encrypted/);
  expect(factOf('Model')).toContain('detections mean nothing; timing and memory do');
  const testbed = { ...manifest.testbed, security: 'psk' } as const;
  const model = { ...manifest.model, trained: true };
  expect(factOf('Security', { ...manifest, testbed })).toContain('TLS');
  expect(factOf('Model', { ...manifest, model })).not.toContain('nothing');
});

test('nodes come with the CPUs and the memory that they may use', () => {
  const { manifest } = results;
  const nodes = {
    edge10: { ...manifest.nodes['edge1']!, cpus: [0, 1, 2, 6, 8, 9] },
    edge2: { ...manifest.nodes['edge0']!, address: '10.10.10.3' },
    gateway: manifest.nodes['gateway']!,
  };
  const rows = nodeRows({ ...results, manifest: { ...manifest, nodes } });
  expect(rows.map(([node]) => node)).toEqual(['gateway', 'edge2', 'edge10']);
  expect(rows.map((row) => row[4])).toEqual(['CPU 0', 'CPU 1', 'CPUs 0-2, 6, 8-9']);
  expect(rows.map((row) => row[5])).toEqual([
    '15883 MiB, no limit',
    '1024 MiB limit, 15883 MiB in all',
    '1024 MiB limit, 15883 MiB in all',
  ]);
  expect(rows.map((row) => row[2])).toEqual([
    '127.10.10.2 (10.10.10.2 in the testbed)',
    '10.10.10.3',
    '127.10.10.4 (10.10.10.4 in the testbed)',
  ]);
});

test('what is missing or thin is warned of', () => {
  const { endedAt: _, ...unfinished } = results.manifest;
  expect(warnings({})).toContain('the governor of CPU 2 is powersave');
  expect(warnings({})).toContain('From 2 repetitions, an interval holds the true median in 50 %');
  expect(warnings({ manifest: unfinished })).toContain('did not end');
  expect(warnings({ damagedLines: [7] })).toContain('Line 7 of trials.jsonl is cut off');
  expect(warnings({ traces: results.traces.slice(1) })).toContain('1 of 5 trials have no trace');
  expect(warnings({ trials: results.trials.slice(0, 2) })).toContain('one repetition');
});

test('enough repetitions and all traces need no warning', () => {
  const manifest = { ...results.manifest, warnings: [] };
  const [trial] = results.trials;
  const [trace] = results.traces;
  const repetitions = [0, 1, 2, 3, 4, 5];
  const trials = repetitions.map((repetition) => ({ ...trial!, repetition }));
  const traces = repetitions.map((repetition) => ({ ...trace!, repetition }));
  expect(warnings({ manifest, trials, traces })).toBe('');
  expect(warnings({ manifest, trials: [], traces: [] })).toBe('');
});

test('how many trials are invalid is said, and why', () => {
  const reasons = [
    { code: 'link-off', text: 'the link of edge0 is off' },
    { code: 'cpus-shared', text: 'others used 1 CPU' },
  ] as const;
  const trials = results.trials.map((trial, index) =>
    index === 0 ? { ...trial, verdict: { verdict: 'invalid', reasons } as const } : trial,
  );
  expect(warnings({ trials })).toContain(
    '1 of 6 trials are invalid and enter no figure: the link of edge0 is off.',
  );
  expect(warnings({})).not.toContain('invalid');
});
