/** tilebed calibrate */
import type { Command } from 'commander';
import { describeCalibration, emulationOf } from '../../emulation/emulation.ts';
import { loadTestbed } from '../../spec/load-testbed.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

export const calibrateVerb: VerbSpec = {
  name: 'calibrate',
  summary: "find the CPU quotas that make this machine as slow as a testbed's devices",
  examples: [
    [
      'tilebed calibrate experiments/papers/six-pis.yaml',
      'measures anew; `run` measures what is missing',
    ],
  ],
  define: (command: Command) =>
    command
      .argument('<testbed>', 'a testbed file with devices')
      .option('--engine <name>', 'what computes', 'onnxruntime'),
  run: async (
    { output, signal, runTasks }: VerbContext,
    file: string,
    { engine }: { readonly engine: string },
  ) => {
    const testbed = await loadTestbed(file);
    const emulation = await emulationOf(testbed, engine, { signal, runTasks, anew: true });
    const rows = [...emulation].map(([name, calibration]) => ({ name, ...calibration }));
    const text = rows.map(({ name, ...one }) => `${name}: ${describeCalibration(one)}`);
    output.result(rows, text.length === 0 ? 'no node emulates a device' : text.join('\n'));
    return undefined;
  },
};
