/** Links are what was asked for: measured through the runtime, as before every experiment. */
import { describe, expect, test } from 'vitest';
import { loadTestbed } from '../../../harness/spec/load-testbed.ts';
import { findBundle } from '../../../harness/testbeds/bundle.ts';
import { measureLinks } from '../../../harness/testbeds/measure-links.ts';
import { openTestbed } from '../../../harness/testbeds/open.ts';
import { tilebed } from '../../support/cli.ts';
import { Workspace } from '../../support/workspace.ts';
import { type ProviderUnderTest, threeNodes } from './provider-under-test.ts';
import { upTestbed } from './up-testbed.ts';

/** Of what was asked for: headers take some, and the measurement is of what applications get. */
const LEAST = 0.85;
const MOST = 1.1;
/** A busy machine may send too late, or look too late at what came meanwhile. */
const ATTEMPTS = 5;

export function linkContract(provider: ProviderUnderTest): void {
  const { name, subnets, able } = provider;
  const signal = new AbortController().signal;

  // A suite that the provider cannot keep is not there, rather than skipped.
  const whereShaped = able.includes('shape') ? describe : () => {};
  whereShaped('links', () => {
    const lines = threeNodes(subnets[0], ', link: { rate: 8mbit }', ', link: { rate: 30mbit }');
    const testbed = upTestbed(provider, lines);

    async function measure() {
      const loaded = await loadTestbed(testbed.workspace.testbed);
      const nodes = await openTestbed(loaded);
      return measureLinks(loaded, nodes, await findBundle(), { signal });
    }

    /** Both rates of both edges, as parts of what was asked for. */
    async function measuredParts(): Promise<readonly number[]> {
      return Object.values(await measure()).flatMap(({ asked, measured }) =>
        [measured.sendBitsPerSecond, measured.receiveBitsPerSecond].map(
          (rate) => rate / asked.rateBitsPerSecond!,
        ),
      );
    }

    test('have the rate that was asked for, both ways, and each its own', async () => {
      await tilebed(['deploy', testbed.workspace.testbed]);
      let rates = await measuredParts();
      const isOff = (rate: number) => rate <= LEAST || rate >= MOST;
      for (let attempt = 0; attempt < ATTEMPTS && rates.some(isOff); attempt++) {
        rates = await measuredParts();
      }
      expect(rates).toHaveLength(4);
      expect(Math.min(...rates)).toBeGreaterThan(LEAST);
      expect(Math.max(...rates)).toBeLessThan(MOST);
    });

    test('change with the file, and are free again without a wish', async () => {
      const { workspace } = testbed;
      await workspace.writeTestbed(lines.replace('8mbit', '16mbit'));
      const { stderr } = await tilebed(['up', workspace.testbed]);
      expect(stderr.split('\n')).toEqual(['shape the link of edge0: done']);
      const { edge0 } = await measure();
      expect(edge0!.measured.sendBitsPerSecond).toBeGreaterThan(16e6 * LEAST);
      await workspace.writeTestbed(threeNodes(subnets[0], ', link: { rate: 900mbit }'));
      expect((await tilebed(['up', workspace.testbed])).stderr).toContain('free the link of edge1');
      const freed = await measure();
      expect(Object.keys(freed)).toEqual(['edge0']);
      // More than any rate of before: how much a busy machine makes of it is another matter.
      expect(freed['edge0']!.measured.sendBitsPerSecond).toBeGreaterThan(40e6);
    });
  });

  const whereRelayed = provider.apart === true ? () => {} : test;
  whereRelayed('keep what the kernel cannot, by the relay', async () => {
    await using workspace = await Workspace.make(name, provider.block?.());
    await workspace.writeTestbed(threeNodes(subnets[0], ', link: { delay: 20ms }'));
    expect((await tilebed(['up', workspace.testbed])).exitCode).toBe(0);
    const verify = ['shape', 'verify', workspace.testbed];
    let verdict = await tilebed(verify);
    for (let attempt = 0; attempt < ATTEMPTS && verdict.exitCode !== 0; attempt++) {
      verdict = await tilebed(verify);
    }
    expect(verdict).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('20.0 ms') });
  });
}
