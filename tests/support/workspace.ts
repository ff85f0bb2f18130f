/** A folder for one test, with a testbed and an experiment in it, that leaves nothing behind. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathExists } from '../../harness/path-exists.ts';
import type { Manifest, TrialRecord } from '../../harness/results/format.ts';
import { type CliResult, ROOT, startTilebed, tilebed } from './cli.ts';

export class Workspace implements AsyncDisposable {
  readonly folder: string;
  readonly testbed: string;
  readonly experiment: string;
  readonly results: string;

  readonly #provider: string;
  readonly #block: string;

  private constructor(folder: string, provider: string, block: string) {
    this.folder = folder;
    this.#provider = provider;
    this.#block = block;
    this.testbed = join(folder, 'testbed.yaml');
    this.experiment = join(folder, 'experiment.yaml');
    this.results = join(folder, 'results');
  }

  /** @param block the provider's own, which every testbed of the workspace ends with */
  static async make(provider = 'local', block = ''): Promise<Workspace> {
    const folder = await mkdtemp(join(tmpdir(), 'tilebed-test-'));
    const workspace = new Workspace(folder, provider, block);
    await copyFile(join(ROOT, 'tests/fixtures/tiny.cfg'), join(workspace.folder, 'tiny.cfg'));
    return workspace;
  }

  /** Where tilebed keeps what it knows of the testbed. */
  get state(): string {
    return join(this.folder, '.tilebed/test');
  }

  async writeTestbed(lines = TWO_EDGES): Promise<void> {
    await writeFile(
      this.testbed,
      `name: test\nprovider: ${this.#provider}\n${lines}${this.#block}`,
    );
  }

  /**
   * The beginning of YOLOv2 as a network of its own, `head.cfg`: worth sharing out, however busy the machine,
   * and with little to compute behind its sixteen layers.
   */
  async writeYolov2Beginning(): Promise<void> {
    const beginning = await readFile(join(ROOT, 'experiments/models/yolov2-first16.cfg'), 'utf8');
    await writeFile(join(this.folder, 'head.cfg'), `${beginning}\n${SMALL_HEAD}`);
  }

  /** @param lines everything behind name, testbed and model */
  async writeExperiment(lines: string, cfg = 'tiny.cfg'): Promise<void> {
    const head = `name: test\ntestbed: testbed.yaml\nmodel: { cfg: ${cfg}, weights: synthetic:7 }\n`;
    await writeFile(this.experiment, head + lines);
  }

  run(...more: readonly string[]): Promise<CliResult> {
    return tilebed(this.#runArguments(more));
  }

  /** For who does something to it meanwhile. */
  startRun(...more: readonly string[]): ReturnType<typeof startTilebed> {
    return startTilebed(this.#runArguments(more));
  }

  #runArguments(more: readonly string[]): readonly string[] {
    return ['run', this.experiment, '--results', this.results, ...more];
  }

  async records(results = this.results): Promise<TrialRecord[]> {
    const text = await readFile(join(results, 'trials.jsonl'), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TrialRecord);
  }

  async manifest(results = this.results): Promise<Manifest> {
    return JSON.parse(await readFile(join(results, 'manifest.json'), 'utf8')) as Manifest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A run that has ended took its testbed down.
    if (await pathExists(this.state)) await tilebed(['down', this.testbed, '--quiet']);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** On a map of 19 x 19, as YOLOv2's own. */
const SMALL_HEAD = `[maxpool]
size=2
stride=2
[convolutional]
filters=35
size=1
activation=linear
[region]
anchors=1,1, 2,2, 3,3, 4,4, 5,5
classes=2
coords=4
num=5
softmax=1
`;

/** A gateway and equal edges. @param subnet the first three numbers of a /24 */
export function gatewayAndEdges(count: number, subnet: string): string {
  return `network: { subnet: ${subnet}.0/24 }
nodes:
  gateway: { role: gateway, address: ${subnet}.2 }
edges: { count: ${count}, from: ${subnet}.3 }
`;
}

/** One of them pinned. */
export const TWO_EDGES = `network: { subnet: 10.77.0.0/24 }
nodes:
  gateway: { role: gateway, address: 10.77.0.2 }
  edge0: { role: edge, address: 10.77.0.3, cpus: [0] }
  edge1: { role: edge, address: 10.77.0.4 }
`;
