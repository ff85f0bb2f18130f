/**
 * Thousands of frames through a gateway and two edges: whoever has run for long holds no more than who
 * has just warmed up. `npm run soak` takes 10,000 frames a strategy; the test alone takes fewer.
 */
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownedProcesses } from '../harness/machine/owned-processes.ts';
import { median } from '../runtime/quantiles.ts';
import { ROOT } from './support/cli.ts';
import { gatewayAndEdges, Workspace } from './support/workspace.ts';

const FRAMES = Number(process.env['TILEBED_SOAK_FRAMES'] ?? 2000);
/** By then pools are filled, code is compiled, and V8 lets as much garbage lie as it ever will. */
const WARM = 0.5;
const SAMPLE_MS = 100;
const MEBIBYTE = 2 ** 20;
/** What garbage that waits for its collection makes of a difference. */
const SLACK_BYTES = 16 * MEBIBYTE;

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
  await copyFile(join(ROOT, 'tests/fixtures/soak.cfg'), join(workspace.folder, 'tiny.cfg'));
  await workspace.writeTestbed(gatewayAndEdges(2, '10.138.0'));
});
afterEach(() => workspace[Symbol.asyncDispose]());

test.each(['deepthings', 'neighbour'])(
  `${FRAMES} frames by %s leave memory flat`,
  { timeout: 900_000 },
  async (strategy) => {
    await workspace.writeExperiment(`frames: { count: ${FRAMES}, sources: [edge0] }
matrix: { grid: [2x2], fusedLayers: [2], strategy: [${strategy}] }
threshold: 0.9
timeout: 14m
liveness: { lostAfter: 20s }
`);
    const child = workspace.startRun();
    const ended = child.then(() => true);
    const samples = new Map<string, number[]>();
    while (!(await Promise.race([ended, delay(SAMPLE_MS, false)]))) {
      for (const { node, bytes } of await residentBytes()) {
        samples.set(node, [...(samples.get(node) ?? []), bytes]);
      }
    }
    expect((await child).exitCode).toBe(0);
    const [record] = await workspace.records();
    expect(record).toMatchObject({ status: 'ok', lostFrames: [] });
    expect(record!.frames).toHaveLength(FRAMES);
    for (const node of ['gateway', 'edge0', 'edge1']) {
      const { warm, last } = plateaus(samples.get(node)!);
      const figures = [warm, last].map((bytes) => (bytes / MEBIBYTE).toFixed(1)).join(' -> ');
      console.info(`${strategy}: ${node} ${figures} MiB`);
      expect(last - warm, `${node}: ${figures} MiB`).toBeLessThan(SLACK_BYTES);
    }
  },
);

/** Medians of a tenth of the samples: when the process is warm, and before its end. */
function plateaus(samples: readonly number[]): { warm: number; last: number } {
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const from = Math.floor(samples.length * WARM);
  return {
    warm: median(samples.slice(from, from + tenth)),
    // The very last ones see a process that writes its statistics.
    last: median(samples.slice(-2 * tenth, -tenth)),
  };
}

/** VmRSS of the processes of each node. */
async function residentBytes(): Promise<{ node: string; bytes: number }[]> {
  const nodes = ['gateway', 'edge0', 'edge1'];
  const found = await Promise.all(
    nodes.map(async (node) => {
      const [id] = await ownedProcesses(workspace.state, node);
      const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
      const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
      return kibibytes === undefined ? [] : [{ node, bytes: Number(kibibytes) * 1024 }];
    }),
  );
  return found.flat();
}
