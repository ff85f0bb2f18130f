/**
 * The life of a testbed whose nodes take minutes to come up: what can be seen on one that is up already,
 * and on one beside it that never gets that far. Takes the testbed down in the end.
 */
import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { startTilebed, tilebed } from '../../support/cli.ts';
import { eventually } from '../../support/processes.ts';
import { Workspace } from '../../support/workspace.ts';
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

    test.each(['SIGKILL', 'SIGINT'] as const)(
      '%s while the first node is made: down leaves nothing, and nobody else is touched',
      async (signal) => {
        await using other = await another();
        const before = await remains(shared.workspace.state);
        const child = startTilebed(['up', other.testbed]);
        await eventually(
          'the first node',
          async () => (await remains(other.state)).some((each) => each.includes('gateway')),
          PATIENCE_MS,
        );
        child.kill(signal);
        const { exitCode } = await child;
        // Who is interrupted cleans up; who is killed cannot.
        if (signal === 'SIGINT') expect(exitCode).toBe(130);
        else expect((await tilebed(['down', other.testbed])).exitCode).toBe(0);
        expect(await remains(other.state)).toEqual([]);
        expect(await remains(shared.workspace.state)).toEqual(before);
      },
    );

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
