/**
 * The same experiment once more, from what an earlier run has left: its specs, seeds and hashes. What is
 * needed and cannot be had is an error before anything starts; what is merely different is told.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import type { Probe } from '../../runtime/probe.ts';
import { fileSha256 } from '../models/trusted-hash.ts';
import { VERSION } from '../package-root.ts';
import { pathExists } from '../path-exists.ts';
import type { Manifest } from '../results/format.ts';
import { inputPicturesFolder, inputsFolder } from '../results/layout.ts';
import { SpecDocument } from '../spec/document.ts';
import type { ExperimentSpec } from '../spec/experiment.ts';
import { findWeights } from '../spec/find-model.ts';
import { type LoadedExperiment, resolveExperiment } from '../spec/load-experiment.ts';
import { loadTestbed, resolveTestbed } from '../spec/load-testbed.ts';
import type { ExperimentWeights, Testbed } from '../spec/resolved.ts';
import type { Bundle } from '../testbeds/bundle.ts';
import { probeRuntime } from '../testbeds/status.ts';
import { LocalTransport } from '../transports/local.ts';
import { writeWhole } from '../write-whole.ts';

interface ReplaySource {
  /** The unpacked results. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/**
 * The experiment as it was, with the network and the pictures that lie in its results.
 *
 * @param weights a file to use; without it they are looked for where the experiment found them
 * Rejects with a TilebedError (INPUT, MISSING): something is not there, or is not what it was.
 */
export async function replayedExperiment(
  { folder, manifest }: ReplaySource,
  weights?: string,
): Promise<LoadedExperiment> {
  const { experiment, ingredients, model } = manifest;
  if (ingredients === undefined) {
    throw new TilebedError('INPUT', 'these results do not say what went into them', {
      hint: 'they are of a version that could not replay; run the experiment again',
    });
  }
  const cfg = join(inputsFolder(folder), ingredients.cfg.name);
  await expectHash(cfg, ingredients.cfg.sha256);
  const pictures = inputPicturesFolder(folder);
  for (const { name, sha256 } of ingredients.pictures)
    await expectHash(join(pictures, name), sha256);
  return resolveExperiment(SpecDocument.parse(experiment.text, experiment.file), {
    cfg,
    weights: await theSameWeights(manifest, weights),
    labels: model.labels,
    ...(ingredients.pictures.length === 0 ? {} : { images: pictures }),
  });
}

/** Where the experiment's file says, or where the user does: the first whose hash is that of then. */
async function theSameWeights(
  { model, ingredients, experiment }: Manifest,
  file: string | undefined,
): Promise<ExperimentWeights> {
  const wanted = ingredients?.weights;
  const spec = SpecDocument.parse(experiment.text, experiment.file).value as ExperimentSpec;
  const names = wanted === undefined ? [model.weights] : [spec.model.weights, wanted.name].flat();
  const places =
    file === undefined
      ? names.map((name) => findWeights(name, dirname(experiment.file)))
      : [findWeights(file, process.cwd())];
  for (const place of places) {
    const found = await place;
    if (wanted === undefined && found?.kind === 'synthetic') return found;
    if (found?.kind === 'file' && (await fileSha256(found.path)) === wanted?.sha256) return found;
  }
  const name = file ?? wanted?.name ?? model.weights;
  const hint = `wanted: a file with SHA-256 ${wanted?.sha256}; name it by --weights, or fetch it with \`tilebed model pull\``;
  throw new TilebedError('MISSING', `${name}: these weights are not here, or others than then`, {
    hint,
  });
}

async function expectHash(path: string, sha256: string): Promise<void> {
  if (!(await pathExists(path))) throw new TilebedError('INPUT', `the results lack ${path}`);
  if ((await fileSha256(path)) === sha256) return;
  throw new TilebedError('INPUT', `${path} is not what the experiment was run with`);
}

/**
 * The testbed's own file where it still says the same, else a copy in the unpacked results.
 *
 * Rejects with a TilebedError (INPUT) where that copy, which may be a stranger's, names commands to run.
 */
export async function replayedTestbed({ folder, manifest }: ReplaySource): Promise<Testbed> {
  const { file, text } = manifest.testbed;
  const present = await readFile(file, 'utf8').catch(() => undefined);
  if (present === text) return loadTestbed(file);
  const copy = join(folder, 'testbed.yaml');
  await writeWhole(copy, text);
  const testbed = resolveTestbed(SpecDocument.parse(text, copy));
  const commands = [testbed, ...testbed.nodes].flatMap(({ meter }) => meter?.command?.[0] ?? []);
  if (commands.length === 0) return testbed;
  throw new TilebedError('INPUT', `the bundle's testbed would run \`${commands[0]}\` as a meter`, {
    hint: 'write the testbed that you trust to a file of your own, and name it by --testbed',
  });
}

/** What it would be run with here. */
interface ReplaySetting {
  readonly runtime: string;
  readonly testbed: string;
  /** Of this machine, with the engine tried. */
  readonly probe: Probe;
}

/** What is not as it was, in words: the figures may differ for it. */
export function differencesFrom(manifest: Manifest, now: ReplaySetting): string[] {
  const { versions, host, testbed } = manifest;
  const { engine } = now.probe;
  const pairs: readonly (readonly [what: string, then: string, now: string])[] = [
    ['tilebed', versions.tilebed, VERSION],
    ['runtime', versions.runtime, now.runtime],
    ['engine', versions.engine, engine === undefined ? '' : `${engine.name} ${engine.version}`],
    ['Node.js', versions.node, now.probe.nodeVersion],
    ['CPU', cpuText(host), cpuText(now.probe)],
    ['kernel', host.kernel, now.probe.kernel],
    ['testbed', testbed.text, now.testbed],
  ];
  return pairs
    .filter(([, then, here]) => then !== here)
    .map(([what, then, here]) =>
      what === 'testbed' ? 'testbed: another file' : `${what}: ${then} then, ${here} now`,
    );
}

/** This machine, which stands for the nodes that are on it. */
export async function settingHere(
  bundle: Bundle,
  engine: string,
  testbed: Testbed,
): Promise<ReplaySetting> {
  const site = {
    name: 'host',
    transport: new LocalTransport({ launcher: [], environment: {} }),
    node: process.execPath,
    main: join(bundle.folder, 'main.js'),
  };
  return {
    runtime: bundle.hash,
    testbed: testbed.text,
    probe: await probeRuntime(site, engine),
  };
}

function cpuText({ cpuModel, cpus, architecture }: Probe): string {
  return `${cpuModel} (${architecture}, ${cpus.length} CPUs)`;
}
