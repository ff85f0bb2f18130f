/** tilebed infer */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { plainTable } from '../../../reports/table.ts';
import { DEFAULT_ENGINE, ENGINE_NAMES } from '../../../runtime/engine/registry.ts';
import { TilebedError } from '../../../runtime/errors.ts';
import { PRECISIONS, type Precision } from '../../../runtime/model/precision.ts';
import type { Grid } from '../../../runtime/partition/region.ts';
import { type InferResult, infer, type LayerDump } from '../../infer/infer.ts';
import { readLabels } from '../../models/labels.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

interface InferFlags {
  readonly cfg: string;
  readonly weights: string;
  readonly image?: string;
  readonly tensor?: string;
  readonly grid?: Grid;
  readonly fusedLayers?: number;
  readonly engine: string;
  readonly reuse?: true;
  readonly precision: Precision;
  readonly threads?: number;
  readonly dumpLayer: readonly LayerDump[];
  readonly output?: string;
  readonly names?: string;
  readonly threshold: number;
}

export const inferVerb: VerbSpec = {
  name: 'infer',
  summary: 'run a network over one picture in this process, without a testbed',
  examples: [
    [
      'tilebed infer --cfg yolov2.cfg --weights synthetic:7 --image street.jpg',
      'a built-in network with made-up weights',
    ],
    [
      'tilebed infer --cfg my.cfg --weights my.weights --image street.jpg --grid 5x5 --fused-layers 16',
      'in tiles: the same result, bit for bit',
    ],
    [
      'tilebed infer --cfg my.cfg --weights my.weights --image street.jpg --output seen.png --names coco.names',
      'draws what it finds',
    ],
  ],
  define: (command: Command) =>
    command
      .requiredOption(
        '--cfg <file>',
        'a Darknet cfg, or a built-in one: yolov2.cfg, yolov2-tiny.cfg',
      )
      .requiredOption('--weights <file>', 'Darknet weights, synthetic:SEED, or a pulled model')
      .addOption(new Option('--image <file>', 'a JPEG or PNG picture').conflicts('tensor'))
      .option('--tensor <file>', 'a float32 .npy of shape [1,3,H,W], as the network takes it')
      .option(
        '--grid <NxM>',
        'compute the first layers in N rows and M columns of tiles',
        parseGrid,
      )
      .option('--fused-layers <L>', 'how many layers are computed in tiles', wholeNumber(1))
      .option('--reuse', 'tiles use what their neighbours have computed')
      .addOption(
        new Option('--engine <name>', 'what computes')
          .choices(ENGINE_NAMES)
          .default(DEFAULT_ENGINE),
      )
      .option(
        '--threads <N>',
        'threads of onnxruntime, the others have one; default: all CPUs',
        wholeNumber(1),
      )
      .addOption(
        new Option('--precision <name>', 'in what weights are held')
          .choices(PRECISIONS)
          .default('float32'),
      )
      .option(
        '--dump-layer <K=file.npy>',
        'write the output of layer K; may be repeated',
        addDump,
        [],
      )
      .option('--output <file>', 'write the picture with its detections, .jpg or .png')
      .option('--names <file>', 'class labels, one a line')
      .option('--threshold <P>', 'drop less probable detections', probability, 0.24),
  run: async ({ output, signal }: VerbContext, flags: InferFlags) => {
    const { cfg, weights, grid, fusedLayers, reuse, engine, precision } = flags;
    const { threshold, output: picture } = flags;
    const result = await infer({
      cfg,
      weights,
      input: inputOf(flags),
      engine,
      precision,
      threads: flags.threads ?? availableParallelism(),
      threshold,
      labels: flags.names === undefined ? [] : await namedLabels(flags.names),
      dumps: flags.dumpLayer,
      signal,
      ...(grid === undefined ? {} : { grid }),
      ...(fusedLayers === undefined ? {} : { fusedLayers }),
      ...(reuse === undefined ? {} : { reuse }),
      ...(picture === undefined ? {} : { output: picture }),
    });
    if (weights.startsWith('synthetic:')) {
      output.note('weights are synthetic: detections mean nothing, timing and memory do');
    }
    output.result(result, describe(result));
    return undefined;
  },
};

function inputOf({ image, tensor }: InferFlags) {
  if (image !== undefined) return { kind: 'image', path: image } as const;
  if (tensor !== undefined) return { kind: 'tensor', path: tensor } as const;
  throw new TilebedError('INPUT', 'there is nothing to look at', {
    hint: 'give a picture with --image, or an array with --tensor',
  });
}

function namedLabels(file: string): Promise<string[]> {
  return readLabels(file).catch((cause) => {
    throw new TilebedError('INPUT', `cannot read ${file}`, { cause });
  });
}

function describe(result: InferResult): string {
  const { model, engine, grid, milliseconds, peakRssBytes, engineBytes, detections } = result;
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const how = grid === null ? 'whole' : `in ${grid} tiles`;
  const head = `${model} on ${engine}, ${how}: ${milliseconds.toFixed(0)} ms, process ${mebibytes(peakRssBytes)}, engine ${mebibytes(engineBytes)}`;
  if (detections.length === 0) return `${head}\nnothing detected`;
  const rows = detections.map(({ class: number, label, probability, box }) => [
    label ?? String(number),
    `${(100 * probability).toFixed(1)} %`,
    ...[box.x, box.y, box.width, box.height].map((value) => value.toFixed(1)),
  ]);
  const headers = ['what', 'probability', 'x', 'y', 'width', 'height'];
  return `${head}\n\n${plainTable(headers, rows, {
    align: ['left', 'right', 'right', 'right', 'right', 'right'],
  })}`;
}

function parseGrid(text: string): Grid {
  const match = /^([1-9]\d{0,3})x([1-9]\d{0,3})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('rows x columns is wanted, such as 5x5');
  return { rows: Number(match[1]), columns: Number(match[2]) };
}

function wholeNumber(least: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d{1,6}$/.test(text) && value >= least) return value;
    throw new InvalidArgumentError(`a whole number from ${least} is wanted`);
  };
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('a number from 0 to 1 is wanted');
}

function addDump(text: string, before: readonly LayerDump[]): readonly LayerDump[] {
  const match = /^(\d{1,6})=(.+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('K=FILE.npy is wanted, such as 15=map.npy');
  return [...before, { layer: Number(match[1]), path: match[2]! }];
}
