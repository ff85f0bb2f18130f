/**
 * TensorFlow.js as both of its engines use it, and the ways between tilebed's planar maps,
 * [channels][height][width], and its tensors, [1, height, width, channels].
 */
import type * as TfjsCore from '@tensorflow/tfjs-core';
import type { Shape } from '../../model/network.ts';
import type { Region } from '../../partition/region.ts';
import { type Strip, type Surround, stripSize } from '../engine.ts';

/** The library: `tfjs-core` with a backend of its own, or `tfjs-node`, which brings its own core. */
export type TensorFlow = Pick<
  typeof TfjsCore,
  | 'add'
  | 'clone'
  | 'concat'
  | 'conv2d'
  | 'depthwiseConv2d'
  | 'div'
  | 'exp'
  | 'leakyRelu'
  | 'maxPool'
  | 'mean'
  | 'minimum'
  | 'mul'
  | 'pad'
  | 'relu'
  | 'reshape'
  | 'setBackend'
  | 'sigmoid'
  | 'slice'
  | 'softmax'
  | 'tensor'
  | 'tidy'
  | 'transpose'
>;
export interface TfjsLibrary {
  readonly tf: TensorFlow;
  /** The library's name for what computes. */
  readonly backend: string;
  /** Whether the bits of an element depend on the size of its map, unless steady.ts sees to it. */
  readonly dependsOnSize: boolean;
}

export type Tensor = TfjsCore.Tensor;
export type Tensor1D = TfjsCore.Tensor1D;
export type Map4D = TfjsCore.Tensor4D;

export function mapShape({ shape: [, height, width, channels] }: Map4D): Shape {
  return { channels, height, width };
}

/** Values are copied. */
export function importMap(tf: TensorFlow, data: Float32Array, shape: Shape): Map4D {
  const { channels, height, width } = shape;
  return tf.tidy(() =>
    tf.transpose<Map4D>(tf.tensor(data, [1, channels, height, width]), [0, 2, 3, 1]),
  );
}

/** A copy of the map, or of a region of it, that belongs to the caller. */
export function exportMap(tf: TensorFlow, map: Map4D, region?: Region): Float32Array {
  const planar = tf.tidy(() => {
    const part = region === undefined ? map : cut(tf, map, region);
    return tf.transpose(part, [0, 3, 1, 2]);
  });
  try {
    return planar.dataSync<'float32'>();
  } finally {
    planar.dispose();
  }
}

function cut(tf: TensorFlow, map: Map4D, { x1, y1, x2, y2 }: Region): Map4D {
  return tf.slice(map, [0, y1, x1, 0], [1, y2 - y1 + 1, x2 - x1 + 1, map.shape[3]]);
}

/** The map with what surrounds it joined on; `padding` is the value of strips that are mere numbers. */
export function joinSurround(
  tf: TensorFlow,
  map: Map4D,
  { left, right, top, bottom }: Surround,
  padding: number,
): Map4D {
  const wide = joinAlong(tf, 2, [left, map, right], padding);
  return joinAlong(tf, 1, [top, wide, bottom], padding);
}

function joinAlong(
  tf: TensorFlow,
  axis: 1 | 2,
  [before, map, after]: readonly [Strip, Map4D, Strip],
  padding: number,
): Map4D {
  const values = (strip: Strip): readonly Map4D[] => {
    if (typeof strip === 'number' || strip.size === 0) return [];
    const { channels, height, width } = mapShape(map);
    const size = axis === 1 ? { height: strip.size, width } : { height, width: strip.size };
    return [importMap(tf, strip.data, { channels, ...size })];
  };
  const parts = [...values(before), map, ...values(after)];
  const joined = parts.length === 1 ? map : tf.concat(parts, axis);
  const mere = (strip: Strip) => (typeof strip === 'number' ? stripSize(strip) : 0);
  const pads: [number, number] = [mere(before), mere(after)];
  if (pads[0] + pads[1] === 0) return joined;
  const none: [number, number] = [0, 0];
  return tf.pad(joined, axis === 1 ? [none, pads, none, none] : [none, none, pads, none], padding);
}
