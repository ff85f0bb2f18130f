import { defineConfig } from 'vitest/config';

/** CI wants the counts as a file too. */
const tallyFile = process.env['TILEBED_TEST_TALLY'];

export default defineConfig({
  test: {
    reporters:
      tallyFile === undefined ? ['default'] : ['default', ['./.ci/tally.js', { file: tallyFile }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{runtime,harness,reports,bench,netplan,vagrant}/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Testbeds pin CPUs and measure time: one file at a time has the machine for itself.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          // Every provider for real: `npm run test:testbeds`.
          name: 'testbeds',
          include: ['tests/testbeds/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          // Virtual machines take minutes to start: `npm run test:vm`, and no part of `npm test`.
          name: 'vm',
          include: ['tests/vm/**/*.test.ts'],
          testTimeout: 600_000,
          // A testbed may be brought up through one that is killed after each step.
          hookTimeout: 1_800_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
