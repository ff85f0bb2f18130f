/** An experiment on a testbed that runs faster than real: what is said in seconds comes so much sooner. */
import type { Rate } from '../spec/rate.ts';
import type { Experiment } from '../spec/resolved.ts';

/** Rates of frames and times of faults; parameters, which are for readers, stay as the file has them. */
export function scaleExperiment(experiment: Experiment, timeScale: number): Experiment {
  if (timeScale === 1) return experiment;
  return {
    ...experiment,
    trials: experiment.trials.map((trial) => ({ ...trial, rate: faster(trial.rate, timeScale) })),
    faults: experiment.faults.map((fault) => ({
      ...fault,
      atMs: fault.atMs / timeScale,
      ...(fault.forMs === undefined ? {} : { forMs: fault.forMs / timeScale }),
    })),
  };
}

function faster(rate: Rate, timeScale: number): Rate {
  return rate.kind === 'back-to-back'
    ? rate
    : { ...rate, framesPerSecond: rate.framesPerSecond * timeScale };
}
