/** Layers of a cfg: each section's keys and shape rule, as Darknet's parser.c and make_* functions have them. */
import type { Section } from './cfg-sections.ts';
import { type Activation, elements, type Layer, type Shape } from './network.ts';

const ACTIVATIONS: readonly Activation[] = ['leaky', 'linear', 'relu', 'logistic', 'mish'];

/** What a layer is made of beside its section. */
export interface LayerPlace {
  /** The layer's own index. */
  readonly index: number;
  readonly input: Shape;
  /** All layers before it. */
  readonly before: readonly Layer[];
}

type Builder<Kind extends Layer['kind']> = (
  section: Section,
  place: LayerPlace,
) => Omit<Extract<Layer, { kind: Kind }>, 'kind' | 'index' | 'line' | 'input'>;

const BUILDERS: { readonly [Kind in Layer['kind']]: Builder<Kind> } = {
  convolutional,
  maxpool,
  route,
  reorg,
  shortcut,
  upsample,
  avgpool: (_, { input }) => ({ output: { channels: input.channels, height: 1, width: 1 } }),
  softmax,
  region,
  yolo,
};

/** Darknet's short names. */
const ALIASES: Readonly<Record<string, Layer['kind']>> = {
  conv: 'convolutional',
  max: 'maxpool',
  avg: 'avgpool',
  soft: 'softmax',
};

/** Throws a TilebedError (INPUT) for a section that is not a layer that tilebed computes. */
export function layerKind(section: Section): Layer['kind'] {
  const name = ALIASES[section.name] ?? section.name;
  const kinds = Object.keys(BUILDERS) as Layer['kind'][];
  const kind = kinds.find((candidate) => candidate === name);
  if (kind !== undefined) return kind;
  throw section.error(
    `[${section.name}] is not a layer that tilebed computes`,
    section.line,
    `layers: ${kinds.join(', ')}`,
  );
}

export function buildLayer(kind: Layer['kind'], section: Section, place: LayerPlace): Layer {
  const { index, input } = place;
  const own = BUILDERS[kind](section, place);
  // The table pairs every kind with its own fields, which TypeScript cannot follow through the look-up.
  return { kind, index, line: section.line, input, ...own } as Layer;
}

function convolutional(section: Section, { input }: LayerPlace) {
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
      `${groups} groups do not divide both ${input.channels} channels and ${filters} filters evenly`,
    );
  }
  if (padding >= size)
    throw section.error(`padding ${padding} must be less than the window's size ${size}`);
  const steps = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
  return {
    filters,
    size,
    stride,
    padding,
    groups,
    batchNormalize:
      section.integer('batch_normalize', { minimum: 0, maximum: 1, fallback: 0 }) === 1,
    activation: activation(section, 'logistic'),
    output: { channels: filters, height: steps(input.height), width: steps(input.width) },
  };
}

function maxpool(section: Section, { input }: LayerPlace) {
  const stride = section.integer('stride', { minimum: 1, maximum: 255, fallback: 1 });
  const size = section.integer('size', { minimum: 1, maximum: 255, fallback: stride });
  const padding = section.integer('padding', { minimum: 0, maximum: 254, fallback: size - 1 });
  const paddingBefore = Math.floor(padding / 2);
  const paddingAfter = padding - paddingBefore;
  if (paddingAfter >= size)
    throw section.error(`padding ${padding} is too large for a window of ${size}`);
  const steps = (length: number) => Math.floor((length + padding - size) / stride) + 1;
  return {
    size,
    stride,
    paddingBefore,
    paddingAfter,
    output: { channels: input.channels, height: steps(input.height), width: steps(input.width) },
  };
}

function route(section: Section, { index, before }: LayerPlace) {
  const sources = section.numbers('layers').map((value) => earlierLayer(section, value, index));
  return { sources, output: routeOutput(section, sources, before) };
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

function reorg(section: Section, { input }: LayerPlace) {
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
  return { stride, output };
}

function shortcut(section: Section, { index, input, before }: LayerPlace) {
  const [from, ...others] = section.numbers('from');
  if (from === undefined || others.length > 0) {
    throw section.error('shortcut adds exactly one layer: `from` names it', section.lineOf('from'));
  }
  const source = earlierLayer(section, from, index);
  const other = before[source]!.output;
  if (describe(other) !== describe(input)) {
    throw section.error(
      `shortcut adds equal shapes only: layer ${source} is ${describe(other)}, the layer before is ${describe(input)}`,
    );
  }
  return { source, activation: activation(section, 'linear'), output: input };
}

function upsample(section: Section, { input }: LayerPlace) {
  const stride = section.integer('stride', { minimum: 1, maximum: 64, fallback: 2 });
  const { channels, height, width } = input;
  return { stride, output: { channels, height: height * stride, width: width * stride } };
}

function softmax(section: Section, { input }: LayerPlace) {
  const count = elements(input);
  const groups = section.integer('groups', { minimum: 1, maximum: count, fallback: 1 });
  if (count % groups !== 0) {
    throw section.error(`${groups} groups do not divide the ${count} elements of the map`);
  }
  return { groups, output: input };
}

function region(section: Section, { input }: LayerPlace) {
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
  return { classes, coords, anchors, softmax, output: input };
}

function yolo(section: Section, { input }: LayerPlace) {
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
  return { classes, anchors, mask, output: input };
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

function describe({ channels, height, width }: Shape): string {
  return `${width}x${height}x${channels}`;
}
