/**
 * The life of a testbed whose nodes take minutes to come up: what can be seen on one that is up already,
 * and on one beside it that never gets that far. Takes the testbed down in the end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startTilebed, tilebed } from '../../support/cli.ts';
import { eventually } from '../../support/processes.ts';
import { Workspace } from '../../support/workspace.ts';
import { killAfterStep } from './kill-after.ts';
import type { ProviderUnderTest } from './provider-under-test.ts';
import type { UpTestbed } from './up-testbed.ts';

/** For the first node to be made. */
const PATIENCE_MS = 180_000;

export function slowLifeContract(
  { name, block, subnets, remains }: ProviderUnderTest,
  shared: UpTestbed,
): void {
  describe('life, as far as one testbed shows it', () => {
    /** The same testbed in another subnet. */
    async function another(): Promise<Workspace> {
      const workspace = await Workspace.make(name, block?.());
      await workspace.writeTestbed(shared.lines.replaceAll(subnets[0], subnets[1]));
      return workspace;
    }

    test('a second up changes nothing and says so', async () => {
      const { testbed } = shared.workspace;
      expect(await tilebed(['up', testbed])).toMatchObject({
        exitCode: 0,
        stdout: 'test is up already: nothing to change',
        stderr: '',
      });
      expect((await tilebed(['up', testbed, '--dry-run'])).stdout).toBe('nothing to do');
    });

    /** Signals the command while it makes the first node. */
    async function interrupt(other: Workspace, signal: 'SIGKILL' | 'SIGINT', env = {}) {
      const child = startTilebed(['up', other.testbed], { env });
      await eventually(
        'the first node',
        async () => (await remains(other.state)).some((each) => each.includes('gateway')),
        PATIENCE_MS,
      );
      child.kill(signal);
      return child;
    }

    test('interrupted while the first node is made, up leaves nothing', async () => {
      await using other = await another();
      expect(await interrupt(other, 'SIGINT')).toMatchObject({ exitCode: 130 });
      expect(await remains(other.state)).toEqual([]);
    });

    test('killed then, with its folder gone, it is an orphan; nobody else is', async () => {
      await using other = await another();
      const before = await remains(shared.workspace.state);
      const home = await mkdtemp(join(tmpdir(), 'tilebed-home-'));
      const env = { XDG_STATE_HOME: home };
      await interrupt(other, 'SIGKILL', env);
      await rm(other.folder, { recursive: true });
      const told = await tilebed(['down', '--orphans', '--dry-run'], { env });
      expect(told.stderr).toContain(`orphan: ${other.state} (`);
      expect(told.stderr).not.toContain(shared.workspace.state);
      expect(await tilebed(['down', '--orphans'], { env })).toMatchObject({ exitCode: 0 });
      expect(await remains(other.state)).toEqual([]);
      expect(await remains(shared.workspace.state)).toEqual(before);
      await rm(home, { recursive: true });
    });

    test('down without the state folder removes all, and again nothing', async () => {
      const { testbed, state } = shared.workspace;
      await rm(state, { recursive: true });
      expect(await tilebed(['down', testbed])).toMatchObject({
        exitCode: 0,
        stdout: 'test is down',
      });
      expect(await remains(state)).toEqual([]);
      expect((await tilebed(['down', testbed])).stdout).toBe(
        'test was down already: nothing to remove',
      );
    });
  });
}

/**
 * Brings a testbed up through a harness that is killed after each step, and goes on each time. Where nodes
 * have come to be, `down` has removed all of it before they are made again.
 */
export async function upThoughKilled(
  { testbed, state }: Workspace,
  remains: ProviderUnderTest['remains'],
): Promise<void> {
  const up = ['up', testbed];
  const { stdout } = await tilebed([...up, '--dry-run', '--format', 'json']);
  const steps = JSON.parse(stdout) as { readonly title: string }[];
  if (steps.length < 3) throw new Error(`only ${steps.length} steps`);
  let hadNodes = false;
  for (const { title } of steps) {
    await killAfterStep(up, title);
    const left = await remains(state);
    if (hadNodes || left.length === 0) continue;
    hadNodes = true;
    await down(testbed);
    const still = await remains(state);
    if (still.length > 0) throw new Error(`down after "${title}" leaves ${still.join(', ')}`);
    await killAfterStep(up, title);
  }
}

async function down(testbed: string): Promise<void> {
  const { exitCode, stderr } = await tilebed(['down', testbed]);
  if (exitCode !== 0) throw new Error(stderr);
}
