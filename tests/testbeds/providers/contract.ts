/**
 * What every provider must do, whatever its nodes are: one suite, run against each of them for real.
 * It goes through the command line where a user would, and through transports where a trial would.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tilebed } from '../../support/cli.ts';
import { Workspace } from '../../support/workspace.ts';
import { commandContract } from './contract-commands.ts';
import { fileContract } from './contract-files.ts';
import { limitContract } from './contract-limits.ts';
import { linkContract } from './contract-links.ts';
import { networkContract } from './contract-network.ts';
import { slowLifeContract } from './contract-slow-life.ts';
import { killAfterLines } from './kill-after.ts';
import { type ProviderUnderTest, threeNodes } from './provider-under-test.ts';

export function providerContract(provider: ProviderUnderTest): void {
  describe(`the contract of providers: ${provider.name}`, () => {
    if (provider.shared === undefined) lifeContract(provider);
    commandContract(provider);
    fileContract(provider);
    networkContract(provider);
    if (provider.shared === undefined) {
      limitContract(provider);
      linkContract(provider);
    } else {
      // Last, since it takes the testbed down.
      slowLifeContract(provider, provider.shared);
    }
  });
}

/** A command that does nothing, on nodes of any kind. */
const NOTHING = ['node', '-e', ''];

function lifeContract({ name, block, subnets, remains }: ProviderUnderTest): void {
  describe('life', () => {
    let workspace: Workspace;
    beforeEach(async () => {
      workspace = await Workspace.make(name, block?.());
      await workspace.writeTestbed(threeNodes(subnets[0]));
    });
    afterEach(() => workspace[Symbol.asyncDispose]());

    const up = () => tilebed(['up', workspace.testbed]);
    const down = () => tilebed(['down', workspace.testbed]);

    test('up, up again, down, down again', async () => {
      expect(await up()).toMatchObject({ exitCode: 0, stdout: 'test is up: 3 nodes' });
      expect(await remains(workspace.state)).not.toEqual([]);
      expect(await up()).toMatchObject({
        exitCode: 0,
        stdout: 'test is up already: nothing to change',
        stderr: '',
      });
      expect(await down()).toMatchObject({ exitCode: 0, stdout: 'test is down' });
      expect(await remains(workspace.state)).toEqual([]);
      expect(await readdir(join(workspace.folder, '.tilebed'))).toEqual([]);
      expect(await down()).toMatchObject({
        exitCode: 0,
        stdout: 'test was down already: nothing to remove',
      });
    });

    test('a dry run tells every action and takes none', async () => {
      const { exitCode, stdout } = await tilebed(['up', workspace.testbed, '--dry-run']);
      expect(exitCode).toBe(0);
      for (const node of ['gateway', 'edge0', 'edge1']) expect(stdout).toContain(node);
      expect(stdout).toMatch(/^ {2}\S/m);
      expect(await remains(workspace.state)).toEqual([]);
      await up();
      const again = await tilebed(['up', workspace.testbed, '--dry-run']);
      expect(again.stdout).toBe('nothing to do');
    });

    test('down without the state file removes the same', async () => {
      await up();
      await rm(workspace.state, { recursive: true });
      expect((await down()).exitCode).toBe(0);
      expect(await remains(workspace.state)).toEqual([]);
    });

    test('killed after any step, down leaves nothing and up goes on', async () => {
      const steps = (await up()).stderr.split('\n').length;
      expect(steps).toBeGreaterThanOrEqual(3);
      await down();
      for (let step = 1; step <= steps; step++) {
        await killAfterLines(['up', workspace.testbed], step);
        // Half of the time somebody brings it up again before it goes down.
        if (step % 2 === 0) expect((await up()).exitCode).toBe(0);
        expect((await down()).exitCode).toBe(0);
        expect(await remains(workspace.state)).toEqual([]);
      }
    });

    test('another testbed beside it is left alone', async () => {
      await using other = await Workspace.make(name, block?.());
      await other.writeTestbed(threeNodes(subnets[1]));
      await up();
      expect((await tilebed(['up', other.testbed])).exitCode).toBe(0);
      const before = await remains(other.state);
      await down();
      expect(await remains(workspace.state)).toEqual([]);
      expect(await remains(other.state)).toEqual(before);
      const { exitCode } = await tilebed(['exec', other.testbed, 'edge0', '--', ...NOTHING]);
      expect(exitCode).toBe(0);
      const again = await tilebed(['up', other.testbed]);
      expect(again.stdout).toBe('test is up already: nothing to change');
    });

    test('of two ups at once one works, and the other waits or says so', async () => {
      const results = await Promise.all([up(), up(), up()]);
      expect(results.some(({ stdout }) => stdout === 'test is up: 3 nodes')).toBe(true);
      for (const { exitCode, stdout, stderr } of results) {
        if (exitCode === 0) expect(stdout).toMatch(/^test is up/);
        else expect(stderr).toContain('`tilebed up` works on this testbed');
      }
      expect((await up()).stdout).toBe('test is up already: nothing to change');
    });

    test('a changed file is applied, and what it no longer has goes', async () => {
      await up();
      const before = await remains(workspace.state);
      await workspace.writeTestbed(
        threeNodes(subnets[0]).replace('edge1: {', 'other: {').replace('.4 }', '.9 }'),
      );
      expect((await up()).exitCode).toBe(0);
      const reached = await tilebed(['exec', workspace.testbed, 'other', '--', ...NOTHING]);
      expect(reached.exitCode).toBe(0);
      const gone = await remains(workspace.state);
      expect(gone).toHaveLength(before.length);
      expect(gone.filter((name) => name.endsWith('edge1'))).toEqual([]);
    });
  });
}
