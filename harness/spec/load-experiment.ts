/** Reads an experiment file: schema, files that it names, and its matrix. */
import { readdir } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { DEFAULT_ENGINE } from '../../runtime/engine/registry.ts';
import { TilebedError } from '../../runtime/errors.ts';
import { DEFAULT_TRANSFER } from '../../runtime/schedule/transfer.ts';
import { readLabels } from '../models/labels.ts';
import { matrixFaults } from './check-matrix.ts';
import { SpecDocument } from './document.ts';
import { ExperimentSpec } from './experiment.ts';
import { SpecError } from './faults.ts';
import { checkAs } from './file-kind.ts';
import { builtInHint, findCfg, findFirstWeights, weightsHint } from './find-model.ts';
import { matrixTrials } from './matrix.ts';
import { nodeFaultFormFaults, resolveNodeFaults } from './node-faults.ts';
import type { Experiment, ExperimentWeights } from './resolved.ts';
import { parseDurationMs } from './units.ts';

const PICTURE_EXTENSIONS: readonly string[] = ['.jpg', '.jpeg', '.png'];
const DEFAULTS = {
  repeat: 1,
  warmup: 1,
  timeoutMs: 600_000,
  threshold: 0.24,
  framesInFlight: 3,
  heartbeatMs: 500,
  // With the time between two looks: a frozen edge is found within 2 s.
  lostAfterMs: 1900,
};

/** An experiment with the document it came from, for later checks that point into it. */
export interface LoadedExperiment {
  readonly experiment: Experiment;
  readonly document: SpecDocument;
}

export interface ExperimentOverrides {
  /** Folder of pictures to use instead of the file's frames; relative to the working directory. */
  readonly images?: string;
  /** A cfg and weights to use instead of what the file names; absolute paths. */
  readonly cfg?: string;
  readonly weights?: ExperimentWeights;
  readonly labels?: readonly string[];
}

/** Rejects with a SpecError that holds every fault of the file. */
export async function loadExperiment(
  file: string,
  overrides: ExperimentOverrides = {},
): Promise<LoadedExperiment> {
  return resolveExperiment(await SpecDocument.read(resolve(file)), overrides);
}

/** Files that it names are looked for from where the document says that it lies. */
export async function resolveExperiment(
  document: SpecDocument,
  overrides: ExperimentOverrides = {},
): Promise<LoadedExperiment> {
  const faults = checkAs('experiment', ExperimentSpec, document);
  if (faults.length > 0) throw new SpecError(faults);
  const spec = document.value as ExperimentSpec;
  const folder = dirname(document.file);
  const cfg = overrides.cfg ?? (await findCfg(spec.model.cfg, folder));
  if (cfg === undefined) {
    const message = `there is no ${spec.model.cfg} beside this file`;
    const hint = await builtInHint();
    faults.push(document.fault(['model', 'cfg'], message, { hint }));
  }
  const candidates = [spec.model.weights].flat();
  const weights = overrides.weights ?? (await findFirstWeights(candidates, folder));
  if (weights === undefined) {
    const hint = weightsHint(candidates);
    const message = `there are no weights ${candidates.join(' and no ')}`;
    faults.push(document.fault(['model', 'weights'], message, { hint }));
  }
  const labels = overrides.labels ?? (await findLabels(spec, folder));
  if (labels === undefined) {
    faults.push(document.fault(['model', 'names'], `cannot read ${spec.model.names}`));
  }
  const named = overrides.images === undefined ? spec.frames.images : undefined;
  const images = await findImages(named, folder);
  if (typeof images === 'string') faults.push(document.fault(['frames', 'images'], images));
  const ownImages = await findImages(overrides.images, process.cwd());
  if (typeof ownImages === 'string') throw new TilebedError('INPUT', ownImages);
  faults.push(...matrixFaults(document, spec), ...nodeFaultFormFaults(document, spec.faults ?? []));
  if (faults.length > 0) throw new SpecError(faults);
  const experiment: Experiment = {
    name: spec.name,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    file: document.file,
    text: document.text,
    seed: spec.seed ?? 1,
    ...(spec.testbed === undefined ? {} : { testbedFile: resolve(folder, spec.testbed) }),
    model: { cfg: cfg!, weights: weights!, labels: labels! },
    frames: {
      count: spec.frames.count,
      images: ownImages.length > 0 ? ownImages : (images as readonly string[]),
    },
    trials: matrixTrials(spec),
    engine: spec.engine ?? DEFAULT_ENGINE,
    threshold: spec.threshold ?? DEFAULTS.threshold,
    framesInFlight: spec.framesInFlight ?? DEFAULTS.framesInFlight,
    transfer: { ...DEFAULT_TRANSFER, ...spec.transfer },
    repeat: spec.repeat ?? DEFAULTS.repeat,
    ...(spec.reference === undefined ? {} : { referenceEvery: spec.reference.every }),
    warmup: spec.warmup ?? DEFAULTS.warmup,
    timeoutMs: spec.timeout === undefined ? DEFAULTS.timeoutMs : parseDurationMs(spec.timeout),
    liveness: {
      heartbeatMs: duration(spec.liveness?.heartbeat, DEFAULTS.heartbeatMs),
      lostAfterMs: duration(spec.liveness?.lostAfter, DEFAULTS.lostAfterMs),
    },
    faults: resolveNodeFaults(spec.faults ?? []),
  };
  return { experiment, document };
}

function duration(text: string | undefined, fallbackMs: number): number {
  return text === undefined ? fallbackMs : parseDurationMs(text);
}

async function findLabels(spec: ExperimentSpec, folder: string): Promise<string[] | undefined> {
  if (spec.model.names === undefined) return [];
  return readLabels(resolve(folder, spec.model.names)).catch(() => undefined);
}

/** Sorted paths, or what is wrong. */
async function findImages(name: string | undefined, folder: string): Promise<string[] | string> {
  if (name === undefined) return [];
  const path = resolve(folder, name);
  const entries = await readdir(path).catch(() => undefined);
  if (entries === undefined) return `there is no folder ${name}`;
  const images = entries
    .filter((entry) => PICTURE_EXTENSIONS.includes(extname(entry).toLowerCase()))
    .sort();
  return images.length > 0
    ? images.map((entry) => join(path, entry))
    : `${name} holds no JPEG or PNG picture`;
}
