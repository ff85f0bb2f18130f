/** Engines by name, through the command: each finds what the others find, or says what it lacks. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest, TrialRecord } from '../harness/results/format.ts';
import { withoutTfjsNode } from '../runtime/testing/present.ts';
import { tilebed } from './support/cli.ts';
import { gatewayAndEdges, Workspace } from './support/workspace.ts';

/** Settings under which nobody finds tfjs-node. */
const NOWHERE = { env: { TILEBED_TFJS_NODE: '/nowhere' } };

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
  await workspace.writeTestbed(gatewayAndEdges(2, '10.79.0'));
});
afterEach(() => workspace[Symbol.asyncDispose]());

async function writeExperiment(engine: string): Promise<void> {
  await workspace.writeExperiment(`engine: ${engine}
frames: { count: 2 }
matrix: { grid: [3x2], fusedLayers: [6], strategy: [ftp-wst, deepthings] }
threshold: 0.05
`);
}

async function run(engine: string): Promise<{ records: TrialRecord[]; manifest: Manifest }> {
  await writeExperiment(engine);
  const results = `${workspace.results}-${engine}`;
  const { exitCode, stderr } = await tilebed([
    ...['run', workspace.experiment, '--results', results, '--quiet'],
  ]);
  expect(exitCode, stderr).toBe(0);
  return { records: await workspace.records(results), manifest: await workspace.manifest(results) };
}

function found(records: readonly TrialRecord[]) {
  return records
    .flatMap(({ frames }) => frames)
    .map(({ frame, detections }) => ({ frame, detections }))
    .sort((a, b) => a.frame - b.frame);
}

describe.each(['tfjs-wasm', 'tfjs-node'])('%s', (engine) => {
  test.skipIf(engine === 'tfjs-node' && withoutTfjsNode)(
    'on nodes finds what onnxruntime finds',
    async () => {
      const expected = found((await run('onnxruntime')).records);
      const { records, manifest } = await run(engine);
      expect(records.map(({ status }) => status)).toEqual(['ok', 'ok']);
      expect(manifest.versions.engine).toBe(`${engine} 4.22.0`);
      const actual = found(records);
      expect(actual).toHaveLength(expected.length);
      expect(expected.flatMap(({ detections }) => detections).length).toBeGreaterThan(0);
      for (const [index, { frame, detections }] of actual.entries()) {
        expect(frame).toBe(expected[index]!.frame);
        expect(detections).toHaveLength(expected[index]!.detections.length);
        for (const [rank, { class: kind, probability, box }] of detections.entries()) {
          const other = expected[index]!.detections[rank]!;
          expect(kind).toBe(other.class);
          expect(Math.abs(probability - other.probability)).toBeLessThan(1e-4);
          for (const side of ['x', 'y', 'width', 'height'] as const) {
            expect(Math.abs(box[side] - other.box[side])).toBeLessThan(0.01);
          }
        }
      }
    },
  );

  test.skipIf(engine === 'tfjs-node' && withoutTfjsNode)(
    'in tiles gives the very answer that it gives without',
    async () => {
      const args = [
        ...['infer', '--engine', engine, '--format', 'json', '--threshold', '0.05'],
        ...['--cfg', 'tests/fixtures/tiny.cfg', '--weights', 'synthetic:7'],
        ...['--image', 'docs/images/timeline.png'],
      ];
      const whole = await tilebed(args);
      const tiled = await tilebed([...args, '--grid', '3x3', '--fused-layers', '6']);
      expect(whole.exitCode, whole.stderr).toBe(0);
      expect(JSON.parse(whole.stdout)).toMatchObject({ engine, grid: null });
      const { detections } = JSON.parse(whole.stdout) as { detections: unknown[] };
      expect(detections.length).toBeGreaterThan(0);
      expect(JSON.parse(tiled.stdout)).toMatchObject({ grid: '3x3', detections });
    },
  );
});

test('an engine that a node lacks ends the run with 3, before a trial, and says how to mend it', async () => {
  await writeExperiment('tfjs-node');
  const { exitCode, stderr } = await tilebed(
    ['run', workspace.experiment, '--results', workspace.results, '--quiet'],
    NOWHERE,
  );
  expect(exitCode).toBe(3);
  expect(stderr).toContain('the engine tfjs-node is optional, and not installed here');
  expect(stderr).toContain('npm install --global @tensorflow/tfjs-node');
  await expect(workspace.records()).rejects.toThrow('trials.jsonl');
});

test('infer with it ends with 3 as well', async () => {
  const { exitCode, stdout, stderr } = await tilebed(
    [
      ...['infer', '--engine', 'tfjs-node', '--cfg', 'tests/fixtures/tiny.cfg'],
      ...['--weights', 'synthetic:7', '--image', 'docs/images/timeline.png'],
    ],
    NOWHERE,
  );
  expect(exitCode).toBe(3);
  expect(stdout).toBe('');
  expect(stderr).toContain('npm install --global @tensorflow/tfjs-node');
});

test('doctor tries every engine, and an optional one that is not there spoils nothing', async () => {
  const { exitCode, stdout } = await tilebed(['doctor', '--format', 'json'], NOWHERE);
  expect(exitCode).toBe(0);
  const findings = JSON.parse(stdout) as { subject: string }[];
  expect(findings.filter(({ subject }) => subject.startsWith('engine'))).toEqual([
    {
      subject: 'engine onnxruntime',
      ok: true,
      requirements: [
        { name: 'computes', ok: true, detail: 'a small convolution, by version 1.21.1' },
      ],
    },
    {
      subject: 'engine tfjs-wasm',
      ok: true,
      requirements: [
        { name: 'computes', ok: true, detail: 'a small convolution, by version 4.22.0' },
      ],
    },
    {
      subject: 'engine tfjs-node',
      ok: false,
      requirements: [
        {
          name: 'computes',
          ok: false,
          detail: 'the engine tfjs-node is optional, and not installed here',
          fix: expect.stringContaining('npm install --global @tensorflow/tfjs-node'),
        },
      ],
    },
  ]);
});
