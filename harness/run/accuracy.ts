/**
 * What a precision costs: the trial's detections, and the raw maps that they are made of, beside those of
 * float32. Tiles give the bits of the whole in every precision, so this machine computes the maps itself,
 * whole, on the trial's engine, once a frame and precision; the detections are the trial's own.
 */
import { activateDetections, detect, detectionLayers } from '../../runtime/detect/detect.ts';
import type { Detection } from '../../runtime/detect/detection.ts';
import type { Segment } from '../../runtime/engine/engine.ts';
import { loadEngine } from '../../runtime/engine/registry.ts';
import { generatePicture } from '../../runtime/frames/generate.ts';
import { letterboxFor, letterboxRegion } from '../../runtime/frames/letterbox.ts';
import type { Picture } from '../../runtime/frames/picture.ts';
import { loadNetwork, openWeights } from '../../runtime/model/load.ts';
import { elements, type Network } from '../../runtime/model/network.ts';
import type { Precision } from '../../runtime/model/precision.ts';
import type { FrameSource } from '../../runtime/roles/config.ts';
import { readPicture } from '../pictures/read.ts';
import type { Accuracy, TrialRecord } from '../results/format.ts';
import type { Experiment } from '../spec/resolved.ts';
import { type Compared, sumUp } from './matched-detections.ts';

/** Of a long experiment the first frames of each source: their maps are held. */
const FRAMES_A_SOURCE = 8;

interface Reference {
  readonly picture: Picture;
  readonly maps: readonly Float32Array[];
  readonly detections: readonly Detection[];
}

export class AccuracyOf {
  readonly #experiment: Experiment;
  readonly #framesOf: (source: string) => readonly FrameSource[];
  readonly #references = new Map<string, Reference>();
  /** Largest differences, by precision and frame. */
  readonly #differences = new Map<string, number>();

  constructor(experiment: Experiment, framesOf: (source: string) => readonly FrameSource[]) {
    this.#experiment = experiment;
    this.#framesOf = framesOf;
  }

  /** Undefined where nothing is lost (float32), or no frame was answered. */
  async measure(record: TrialRecord, precision: Precision): Promise<Accuracy | undefined> {
    const frames = record.frames.filter(({ frame }) => frame < FRAMES_A_SOURCE);
    if (precision === 'float32' || frames.length === 0) return undefined;
    const network = await loadNetwork(this.#experiment.model.cfg);
    const wanted = new Map(frames.map((frame) => [this.#key(frame.source, frame.frame), frame]));
    const unknown = [...wanted].filter(([key]) => !this.#references.has(key));
    await this.#withSegment(network, 'float32', unknown.length, async (segment) => {
      for (const [key, { source, frame }] of unknown) {
        const picture = await this.#picture(source, frame);
        const maps = await rawMaps(segment, network, picture);
        const { threshold, model } = this.#experiment;
        const options = { picture, threshold, labels: model.labels };
        const detections = detectIn(network, maps, options);
        this.#references.set(key, { picture, maps, detections });
      }
    });
    const unmeasured = [...wanted.keys()].filter(
      (key) => !this.#differences.has(`${precision} ${key}`),
    );
    await this.#withSegment(network, precision, unmeasured.length, async (segment) => {
      for (const key of unmeasured) {
        const { picture, maps } = this.#references.get(key)!;
        const difference = largestDifference(maps, await rawMaps(segment, network, picture));
        this.#differences.set(`${precision} ${key}`, difference);
      }
    });
    const compared = frames.map(({ source, frame, detections }): Compared => {
      const key = this.#key(source, frame);
      const { detections: expected } = this.#references.get(key)!;
      return {
        expected,
        found: detections,
        difference: this.#differences.get(`${precision} ${key}`)!,
      };
    });
    return sumUp(compared);
  }

  /** Equal of equal pictures. */
  #key(source: string, frame: number): string {
    return JSON.stringify(this.#framesOf(source)[frame]);
  }

  /** The picture as it lies here: a node's copy of it may be out of reach. */
  async #picture(source: string, frame: number): Promise<Picture> {
    const given = this.#framesOf(source)[frame]!;
    if (given.kind === 'generated') return generatePicture(given);
    const { images, count } = this.#experiment.frames;
    const used = Math.min(images.length, count);
    return readPicture(images[frame % used]!);
  }

  async #withSegment(
    network: Network,
    precision: Precision,
    frames: number,
    use: (segment: Segment) => Promise<void>,
  ): Promise<void> {
    if (frames === 0) return;
    const weights = await openWeights(this.#experiment.model.weights, network);
    const engine = await loadEngine(this.#experiment.engine);
    const outputs = detectionInputs(network);
    const segment = await engine
      .open({
        network,
        from: 0,
        to: outputs.at(-1)! + 1,
        outputs,
        extent: 'whole',
        precision,
        threads: 1,
        weights: (layer) => weights.read(layer),
      })
      .finally(() => weights.close());
    try {
      await use(segment);
    } finally {
      await segment.close();
    }
  }
}

/** Layers in front of those that detect; the last layer where there are none. */
function detectionInputs(network: Network): number[] {
  const inputs = detectionLayers(network).map(({ index }) => index - 1);
  return inputs.length > 0 ? inputs : [network.layers.length - 1];
}

async function rawMaps(
  segment: Segment,
  { input }: Network,
  picture: Picture,
): Promise<readonly Float32Array[]> {
  const { width, height } = input;
  const letterbox = letterboxFor(picture, width, height);
  const all = { x1: 0, y1: 0, x2: width - 1, y2: height - 1 };
  const crop = { x1: 0, y1: 0, x2: picture.width - 1, y2: picture.height - 1 };
  const target = new Float32Array(elements(input));
  const map = letterboxRegion(letterbox, all, picture, crop, target);
  const { outputs } = await segment.run({ input: map, height, width });
  // The engine may use its own memory again.
  return outputs.map(({ data }) => data.slice());
}

function detectIn(
  network: Network,
  maps: readonly Float32Array[],
  options: Parameters<typeof detect>[2],
): readonly Detection[] {
  const layers = detectionLayers(network);
  return detect(
    network,
    layers.map((layer, index) => activateDetections(layer, maps[index]!)),
    options,
  );
}

function largestDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let largest = 0;
  for (const [index, map] of a.entries()) {
    const other = b[index]!;
    for (let at = 0; at < map.length; at++) {
      largest = Math.max(largest, Math.abs(map[at]! - other[at]!));
    }
  }
  return largest;
}
