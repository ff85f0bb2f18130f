/** Keys of a cfg that would change what a layer computes and that tilebed does not know. */
import type { Section } from './cfg-sections.ts';
import type { Layer } from './network.ts';

const OFF = ['0'];
const ONE = ['1'];
const NONE: readonly string[] = [];

/** The values that mean "as if it were not there". Keys that matter to training only are not named here. */
const NEUTRAL_VALUES: Readonly<Record<Layer['kind'], Readonly<Record<string, readonly string[]>>>> =
  {
    convolutional: {
      dilation: ['0', '1'],
      stride_x: NONE,
      stride_y: NONE,
      antialiasing: OFF,
      binary: OFF,
      xnor: OFF,
      flipped: OFF,
      share_index: NONE,
      deform: OFF,
      assisted_excitation: OFF,
    },
    maxpool: {
      stride_x: NONE,
      stride_y: NONE,
      maxpool_depth: OFF,
      out_channels: NONE,
      antialiasing: OFF,
    },
    route: { groups: ONE, group_id: OFF },
    reorg: { reverse: OFF, flatten: OFF, extra: OFF },
    shortcut: { weights_type: ['none'], weights_normalization: ['none'] },
    upsample: { scale: ['1', '1.0'] },
    avgpool: {},
    softmax: { tree: OFF, spatial: OFF, temperature: ['1', '1.0'] },
    region: { tree: OFF, map: OFF, log: OFF, sqrt: OFF, background: OFF },
    yolo: { scale_x_y: ['1', '1.0'], new_coords: OFF, map: OFF },
  };

/** Throws a TilebedError (INPUT) with the key's line. */
export function refuseUnsupportedKeys(section: Section, kind: Layer['kind']): void {
  for (const [key, neutral] of Object.entries(NEUTRAL_VALUES[kind])) {
    if (!section.has(key) || neutral.includes(section.text(key, ''))) continue;
    throw section.error(`\`${key}\` of [${section.name}] is not supported`, section.lineOf(key));
  }
}
