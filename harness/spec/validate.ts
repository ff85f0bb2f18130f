/** Checks a file of either kind, with everything that it refers to. */
import { resolve } from 'node:path';
import { checkAgainstModel } from './check-model.ts';
import { checkAgainstTestbed } from './check-testbed.ts';
import { SpecDocument } from './document.ts';
import { NEITHER_KIND, SpecError } from './faults.ts';
import { fileKind } from './file-kind.ts';
import { loadExperiment } from './load-experiment.ts';
import { loadTestbed, resolveTestbed } from './load-testbed.ts';

/** Says what a sound file is; rejects with a SpecError that holds all its faults. */
export async function validateFile(file: string): Promise<string> {
  const document = await SpecDocument.read(resolve(file));
  switch (fileKind(document.value)) {
    case 'testbed': {
      const { name, provider, nodes } = resolveTestbed(document);
      return `the testbed ${name}, ${nodes.length} nodes, provider ${provider}`;
    }
    case 'experiment': {
      const loaded = await loadExperiment(file);
      const { name, testbedFile, trials, repeat } = loaded.experiment;
      await checkAgainstModel(loaded);
      if (testbedFile !== undefined) checkAgainstTestbed(loaded, await loadTestbed(testbedFile));
      const count = trials.length * repeat;
      return `the experiment ${name}, ${count} ${count === 1 ? 'trial' : 'trials'}`;
    }
    default:
      throw new SpecError([document.fault([], NEITHER_KIND.message, NEITHER_KIND)]);
  }
}
