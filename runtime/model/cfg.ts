/**
 * Reads a Darknet cfg into a Network. What would change the computation and is not supported is an error, never
 * ignored; what matters to training only is ignored.
 */
import { TilebedError } from '../errors.ts';
import { buildLayer, layerKind } from './cfg-layers.ts';
import { parseSections, type Section } from './cfg-sections.ts';
import { refuseUnsupportedKeys } from './cfg-unsupported.ts';
import { elements, type Layer, type Network, type Shape } from './network.ts';

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

function parseLayer(section: Section, before: readonly Layer[], networkInput: Shape): Layer {
  const kind = layerKind(section);
  refuseUnsupportedKeys(section, kind);
  const input = before.at(-1)?.output ?? networkInput;
  const layer = buildLayer(kind, section, { index: before.length, input, before });
  const { channels, height, width } = layer.output;
  if (channels < 1 || height < 1 || width < 1) {
    throw section.error(
      `nothing is left of the ${input.width}x${input.height} map after layer ${layer.index} (${kind})`,
    );
  }
  if (elements(layer.output) > MAX_ELEMENTS)
    throw section.error('the map has more than 2^31 elements');
  return layer;
}
