/**
 * Reads a Darknet cfg into a Network. The shape rules are Darknet's own (parser.c and the make_*
 * functions of its layers). What would change the computation and is not supported is an error, never
 * ignored; what matters to training only is ignored.
 */
import { TilebedError } from '../errors.ts';
import { parseSections, type Section } from './cfg-sections.ts';
import { type Activation, elements, type Layer, type Network, type Shape } from './network.ts';

const ACTIVATIONS: readonly Activation[] = ['leaky', 'linear', 'relu', 'logistic', 'mish'];
/** Keys that alter what a layer computes and that tilebed does not know. */
const UNSUPPORTED_KEYS: Readonly<Record<string, readonly string[]>> = {
  convolutional: [
    'dilation',
    'stride_x',
    'stride_y',
    'antialiasing',
    'binary',
    'xnor',
    'flipped',
    'share_index',
    'deform',
    'assisted_excitation',
  ],
  maxpool: ['stride_x', 'stride_y', 'maxpool_depth', 'out_channels', 'antialiasing'],
  route: ['groups', 'group_id'],
  reorg: ['reverse', 'flatten', 'extra'],
  shortcut: ['weights_type', 'weights_normalization'],
  upsample: ['scale'],
  softmax: ['tree', 'spatial', 'temperature'],
  region: ['tree', 'map', 'log', 'sqrt', 'background'],
  yolo: ['scale_x_y', 'new_coords', 'map'],
};
const MAX_SIDE = 16_384;
/** Tensors are indexed with 32-bit integers by every engine. */
const MAX_ELEMENTS = 2 ** 31 - 1;

/** Throws a TilebedError (INPUT) with file and line for anything that is not a network tilebed computes. */
export function parseCfg(
  text: string,
  options: { readonly file: string; readonly name?: string },
): Network {
  const [net, ...sections] = parseSections(text, options.file);
  if (net === undefined || (net.name !== 'net' && net.name !== 'network')) {
    throw new TilebedError('INPUT', 'a cfg starts with [net]', {
      position: { file: options.file, line: net?.line ?? 1 },
    });
  }
  const side = { minimum: 1, maximum: MAX_SIDE };
  const input: Shape = {
    channels: net.integer('channels', { minimum: 1, maximum: 4096, fallback: 3 }),
    height: net.integer('height', side),
    width: net.integer('width', side),
  };
  if (sections.length === 0) throw net.error('the network has no layers');
  const layers: Layer[] = [];
  for (const section of sections) layers.push(parseLayer(section, layers, input));
  const fileName = options.file.split(/[\\/]/).at(-1) ?? options.file;
  return { name: options.name ?? fileName.replace(/\.cfg$/, ''), input, layers };
}

function parseLayer(section: Section, layers: readonly Layer[], networkInput: Shape): Layer {
  for (const key of UNSUPPORTED_KEYS[section.name] ?? []) {
    const value = section.text(key, '');
    // The value that means "as if it were not there" is harmless.
    const neutral =
      key === 'scale' || key.startsWith('group') ? '1' : key === 'scale_x_y' ? '1.0' : '0';
    if (
      section.has(key) &&
      value !== neutral &&
      !(key === 'dilation' && value === '1') &&
      !(key === 'scale_x_y' && value === '1')
    ) {
      throw section.error(`\`${key}\` of [${section.name}] is not supported`, section.lineOf(key));
    }
  }
  const input = layers.at(-1)?.output ?? networkInput;
  const base = { index: layers.length, line: section.line };
  const layer = buildLayer(section, input, base, layers);
  const { channels, height, width } = layer.output;
  if (channels < 1 || height < 1 || width < 1) {
    throw section.error(
      `nothing is left of the ${input.width}x${input.height} map after layer ${layer.index} (${layer.kind})`,
    );
  }
  if (elements(layer.output) > MAX_ELEMENTS)
    throw section.error('the map has more than 2^31 elements');
  return layer;
}

interface Base {
  readonly index: number;
  readonly line: number;
}

function buildLayer(section: Section, input: Shape, base: Base, layers: readonly Layer[]): Layer {
  switch (section.name) {
    case 'convolutional':
    case 'conv':
      return convolutional(section, input, base);
    case 'maxpool':
    case 'max':
      return maxpool(section, input, base);
    case 'route': {
      const sources = section
        .numbers('layers')
        .map((value) => earlierLayer(section, value, base.index));
      return {
        ...base,
        kind: 'route',
        sources,
        input,
        output: routeOutput(section, sources, layers),
      };
    }
    case 'reorg': {
      const stride = section.integer('stride', { minimum: 1, maximum: 64, fallback: 1 });
      const { channels, height, width } = input;
      if (height % stride !== 0 || width % stride !== 0 || channels % (stride * stride) !== 0) {
        throw section.error(
          `reorg by ${stride} needs sides that ${stride} divides and channels that ${stride * stride} divides, not ${describe(input)}`,
        );
      }
      const output = {
        channels: channels * stride * stride,
        height: height / stride,
        width: width / stride,
      };
      return { ...base, kind: 'reorg', stride, input, output };
    }
    case 'shortcut': {
      const [from] = section.numbers('from');
      const source = earlierLayer(section, from ?? 0, base.index);
      const other = layers[source]!.output;
      if (describe(other) !== describe(input)) {
        throw section.error(
          `shortcut adds equal shapes only: layer ${source} is ${describe(other)}, the layer before is ${describe(input)}`,
        );
      }
      return {
        ...base,
        kind: 'shortcut',
        source,
        activation: activation(section, 'linear'),
        input,
        output: input,
      };
    }
    case 'upsample': {
      const stride = section.integer('stride', { minimum: 1, maximum: 64, fallback: 2 });
      const output = {
        channels: input.channels,
        height: input.height * stride,
        width: input.width * stride,
      };
      return { ...base, kind: 'upsample', stride, input, output };
    }
    case 'avgpool':
    case 'avg':
      return {
        ...base,
        kind: 'avgpool',
        input,
        output: { channels: input.channels, height: 1, width: 1 },
      };
    case 'softmax':
    case 'soft': {
      const groups = section.integer('groups', {
        minimum: 1,
        maximum: elements(input),
        fallback: 1,
      });
      if (elements(input) % groups !== 0) {
        throw section.error(
          `${groups} groups do not divide the ${elements(input)} elements of the map`,
        );
      }
      return { ...base, kind: 'softmax', groups, input, output: input };
    }
    case 'region':
      return region(section, input, base);
    case 'yolo':
      return yolo(section, input, base);
    default:
      throw section.error(
        `[${section.name}] is not a layer that tilebed computes`,
        section.line,
        'layers: convolutional, maxpool, route, reorg, shortcut, upsample, avgpool, softmax, region, yolo',
      );
  }
}

function convolutional(section: Section, input: Shape, base: Base): Layer {
  const filters = section.integer('filters', { minimum: 1, maximum: 65_536, fallback: 1 });
  const size = section.integer('size', { minimum: 1, maximum: 255, fallback: 1 });
  const stride = section.integer('stride', { minimum: 1, maximum: 255, fallback: 1 });
  const groups = section.integer('groups', { minimum: 1, maximum: 65_536, fallback: 1 });
  const pad = section.integer('pad', { minimum: 0, maximum: 1, fallback: 0 });
  const padding =
    pad === 1
      ? Math.floor(size / 2)
      : section.integer('padding', { minimum: 0, maximum: 255, fallback: 0 });
  if (input.channels % groups !== 0 || filters % groups !== 0) {
    throw section.error(
      `${groups} groups divide neither ${input.channels} channels nor ${filters} filters evenly`,
    );
  }
  if (padding >= size)
    throw section.error(`padding ${padding} must be less than the window's size ${size}`);
  const steps = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
  return {
    ...base,
    kind: 'convolutional',
    filters,
    size,
    stride,
    padding,
    groups,
    batchNormalize:
      section.integer('batch_normalize', { minimum: 0, maximum: 1, fallback: 0 }) === 1,
    activation: activation(section, 'logistic'),
    input,
    output: { channels: filters, height: steps(input.height), width: steps(input.width) },
  };
}

function maxpool(section: Section, input: Shape, base: Base): Layer {
  const stride = section.integer('stride', { minimum: 1, maximum: 255, fallback: 1 });
  const size = section.integer('size', { minimum: 1, maximum: 255, fallback: stride });
  const padding = section.integer('padding', { minimum: 0, maximum: 254, fallback: size - 1 });
  const paddingBefore = Math.floor(padding / 2);
  const paddingAfter = padding - paddingBefore;
  if (paddingAfter >= size)
    throw section.error(`padding ${padding} is too large for a window of ${size}`);
  const steps = (length: number) => Math.floor((length + padding - size) / stride) + 1;
  return {
    ...base,
    kind: 'maxpool',
    size,
    stride,
    paddingBefore,
    paddingAfter,
    input,
    output: { channels: input.channels, height: steps(input.height), width: steps(input.width) },
  };
}

function region(section: Section, input: Shape, base: Base): Layer {
  const anchors = section.numbers('anchors');
  const count = section.integer('num', { minimum: 1, maximum: 1024, fallback: 1 });
  const classes = section.integer('classes', { minimum: 1, maximum: 65_536, fallback: 20 });
  const coords = section.integer('coords', { minimum: 4, maximum: 4, fallback: 4 });
  if (anchors.length !== 2 * count) {
    throw section.error(
      `num=${count} wants ${2 * count} anchor values, not ${anchors.length}`,
      section.lineOf('anchors'),
    );
  }
  requireChannels(section, input, count * (classes + coords + 1));
  const softmax = section.integer('softmax', { minimum: 0, maximum: 1, fallback: 0 }) === 1;
  return { ...base, kind: 'region', classes, coords, anchors, softmax, input, output: input };
}

function yolo(section: Section, input: Shape, base: Base): Layer {
  const anchors = section.numbers('anchors');
  const count = section.integer('num', { minimum: 1, maximum: 1024, fallback: 1 });
  const classes = section.integer('classes', { minimum: 1, maximum: 65_536, fallback: 20 });
  const mask = section.has('mask')
    ? section.numbers('mask')
    : Array.from({ length: count }, (_, index) => index);
  if (
    anchors.length !== 2 * count ||
    mask.some((index) => !Number.isInteger(index) || index < 0 || index >= count)
  ) {
    throw section.error(
      `num=${count} wants ${2 * count} anchor values and a mask of indices below ${count}`,
    );
  }
  requireChannels(section, input, mask.length * (classes + 5));
  return { ...base, kind: 'yolo', classes, anchors, mask, input, output: input };
}

function requireChannels(section: Section, input: Shape, wanted: number): void {
  if (input.channels === wanted) return;
  throw section.error(
    `[${section.name}] reads ${wanted} channels (anchors x (classes + 5)), but the layer before gives ${input.channels}`,
  );
}

function activation(section: Section, fallback: Activation): Activation {
  const name = section.text('activation', fallback);
  const known = ACTIVATIONS.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  throw section.error(
    `activation \`${name}\` is not supported`,
    section.lineOf('activation'),
    `activations: ${ACTIVATIONS.join(', ')}`,
  );
}

/** Darknet counts backwards from this layer when the number is negative. */
function earlierLayer(section: Section, value: number, index: number): number {
  const layer = value < 0 ? index + value : value;
  if (!Number.isInteger(layer) || layer < 0 || layer >= index) {
    throw section.error(
      `layer ${index} cannot read layer ${value}: only layers before it can be read`,
    );
  }
  return layer;
}

function routeOutput(
  section: Section,
  sources: readonly number[],
  layers: readonly Layer[],
): Shape {
  const first = layers[sources[0] ?? -1]?.output;
  if (first === undefined) throw section.error('route needs at least one layer');
  let channels = 0;
  for (const source of sources) {
    const { output } = layers[source]!;
    if (output.height !== first.height || output.width !== first.width) {
      throw section.error(
        `route joins maps of equal size only: layer ${sources[0]} is ${describe(first)}, layer ${source} is ${describe(output)}`,
      );
    }
    channels += output.channels;
  }
  return { ...first, channels };
}

function describe({ channels, height, width }: Shape): string {
  return `${width}x${height}x${channels}`;
}
