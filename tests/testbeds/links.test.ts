/** Links that the relay shapes, with real packets: an experiment over them, and `tilebed shape`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownedProcesses } from '../../harness/machine/owned-processes.ts';
import type { LinkFacts } from '../../harness/results/format.ts';
import type { LinkVerdict } from '../../harness/testbeds/verify-links.ts';
import { tilebed } from '../support/cli.ts';
import { withoutNetns } from '../support/require.ts';
import { Workspace } from '../support/workspace.ts';

const EXPERIMENT = `frames: { count: 2, sources: [edge0, edge1] }
matrix: { grid: [3x2], fusedLayers: [6], reuse: [true] }
threshold: 0.05
`;
/** A busy machine makes links worse, never better. */
const ATTEMPTS = 5;

function lines(network: string): string {
  return `network: { subnet: 10.34.50.0/24${network} }
nodes:
  gateway: { role: gateway, address: 10.34.50.2 }
  edge0: { role: edge, address: 10.34.50.3 }
  edge1: { role: edge, address: 10.34.50.4 }
`;
}

interface Verified {
  readonly exitCode: number | undefined;
  readonly links: Readonly<Record<string, LinkFacts>>;
  readonly verdicts: readonly LinkVerdict[];
}

/** Measures until all is well, or often enough. */
async function verify(workspace: Workspace, ...flags: string[]): Promise<Verified> {
  for (let attempt = 1; ; attempt++) {
    const argv = ['shape', 'verify', workspace.testbed, '--format', 'json', ...flags];
    const { exitCode, stdout, stderr } = await tilebed(argv);
    if (exitCode !== 0 && exitCode !== 1) throw new Error(stderr);
    const verified = { exitCode, ...(JSON.parse(stdout) as Omit<Verified, 'exitCode'>) };
    if (exitCode === 0 || attempt === ATTEMPTS) return verified;
  }
}

describe('an experiment over links that the relay shapes', () => {
  test('finds the same; what was asked and what was measured is in its results', async () => {
    await using plain = await Workspace.make();
    await using shaped = await Workspace.make();
    await plain.writeTestbed(lines(''));
    await shaped.writeTestbed(
      lines(`,
  link: { rate: 50mbit, delay: 5ms },
  links: [{ between: [edge0, edge1], delay: 10ms, loss: 1% }],
  medium: { rate: 40mbit }`),
    );
    const found: string[] = [];
    for (const workspace of [plain, shaped]) {
      await workspace.writeExperiment(EXPERIMENT);
      const argv = ['run', workspace.experiment, '--results', workspace.results, '--quiet'];
      const { exitCode, stderr } = await tilebed(argv);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      const [record] = await workspace.records();
      expect(record).toMatchObject({ status: 'ok' });
      const frames = record!.frames.toSorted((a, b) =>
        a.source + a.frame < b.source + b.frame ? -1 : 1,
      );
      found.push(JSON.stringify(frames.map(({ detections }) => detections)));
    }
    expect(new Set(found).size).toBe(1);
    const { links, relay } = await shaped.manifest();
    expect(Object.keys(links!)).toEqual(['edge0', 'edge1', 'edge0-edge1']);
    expect(links!['edge0-edge1']).toMatchObject({
      to: 'edge1',
      expected: { roundTripMs: 30, rateBitsPerSecond: 40e6 },
    });
    expect(links!['edge0-edge1']!.measured.roundTripMs).toBeGreaterThan(27);
    expect(relay).toMatchObject({
      nodes: { edge0: { rateBitsPerSecond: 50e6, delayMs: 5 } },
      medium: { rateBitsPerSecond: 40e6 },
    });
    expect(await plain.manifest()).not.toHaveProperty('relay');
    const page = await readFile(join(shaped.results, 'report.html'), 'utf8');
    expect(page).toContain('edge0-edge1');
    expect(await ownedProcesses(shaped.state)).toEqual([]);
  });
});

describe('tilebed shape', () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await Workspace.make();
    await workspace.writeTestbed(lines(', link: { delay: 10ms }'));
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  const shape = (verb: string, ...flags: string[]) =>
    tilebed(['shape', verb, workspace.testbed, ...flags]);

  test('changes links until they are reset, and measures them', async () => {
    await tilebed(['up', workspace.testbed]);
    const before = await verify(workspace);
    expect(before.exitCode).toBe(0);
    expect(before.links['edge0']!.measured.roundTripMs).toBeGreaterThan(18);
    expect((await shape('set', '--between', 'edge0,gateway', '--delay', '40ms')).exitCode).toBe(0);
    expect((await shape('set', '--node', 'edge1', '--rate', '8mbit')).exitCode).toBe(0);
    const shown = await shape('show');
    expect(shown.stdout).toMatch(/edge0 - gateway +delay 40 ms/);
    expect(shown.stdout).toMatch(/edge1 +8 Mbit\/s, delay 10 ms/);
    // It outlives a second `up`, and holds for whatever measures next.
    expect((await tilebed(['up', workspace.testbed])).stdout).toContain('nothing to change');
    const changed = await verify(workspace);
    expect(changed.exitCode).toBe(0);
    const { edge0, edge1 } = changed.links;
    expect(before.links['edge0']!.changed).toBeUndefined();
    expect([edge0!.changed, edge1!.changed]).toEqual([true, true]);
    expect(
      edge0!.measured.roundTripMs / before.links['edge0']!.measured.roundTripMs,
    ).toBeGreaterThan(3);
    expect(edge1!.measured.sendBitsPerSecond).toBeLessThan(8e6 * 1.1);
    expect((await shape('reset')).stdout).toBe('links are as the file has them');
    expect((await shape('reset')).stdout).toBe('links were as the file has them');
    expect((await shape('show')).stdout).not.toContain('40 ms');
  });

  test('ends with 1 where a link is not what was asked for', async () => {
    await tilebed(['up', workspace.testbed]);
    // No machine makes no time at all of 20 ms.
    const { exitCode, verdicts } = await verify(workspace, '--tolerance', '0%');
    expect(verdicts.map(({ what }) => what)).toEqual(['round trip', 'round trip']);
    expect(exitCode).toBe(verdicts.every(({ ok }) => ok) ? 0 : 1);
  });

  test('takes no nonsense, and no testbed that is down', async () => {
    const down = await shape('set', '--rate', '1mbit');
    expect(down).toMatchObject({ exitCode: 1 });
    expect(down.stderr).toContain('the testbed test is not up');
    expect(await shape('set', '--rate', '10')).toMatchObject({ exitCode: 2 });
    expect(await shape('set')).toMatchObject({ exitCode: 2 });
    expect(await shape('set', '--medium', '--node', 'edge0', '--rate', '1mbit')).toMatchObject({
      exitCode: 2,
    });
    const stranger = await shape('set', '--node', 'edge7', '--rate', '1mbit');
    expect(stranger.exitCode).toBe(2);
    expect(stranger.stderr).toContain('nodes: gateway, edge0, edge1');
  });
});

describe.skipIf(withoutNetns)('on namespaces', () => {
  test('the kernel keeps rates and the relay what lies between nodes', async () => {
    await using workspace = await Workspace.make('netns');
    await workspace.writeTestbed(
      lines(
        ', link: { rate: 20mbit }, links: [{ between: [edge0, edge1], delay: 25ms, rate: 10mbit }]',
      ),
    );
    expect((await tilebed(['up', workspace.testbed])).exitCode).toBe(0);
    const { exitCode, links, verdicts } = await verify(workspace);
    expect(verdicts.filter(({ ok }) => !ok)).toEqual([]);
    expect(exitCode).toBe(0);
    expect(links['edge0-edge1']!.expected).toEqual({ roundTripMs: 50, rateBitsPerSecond: 10e6 });
    const { stdout } = await tilebed(['shape', 'show', workspace.testbed]);
    expect(stdout).toContain('the relay keeps: 10 Mbit/s, delay 25 ms between edge0 and edge1');
    // Who changes a rate of the kernel's sees it at once.
    const argv = ['shape', 'set', workspace.testbed, '--node', 'edge0', '--rate', '5mbit'];
    expect((await tilebed(argv)).stderr).toContain('shape the link of edge0: done');
    const slower = await verify(workspace);
    expect(slower.links['edge0']!.measured.sendBitsPerSecond).toBeLessThan(5.5e6);
  });
});
