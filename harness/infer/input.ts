/** Makes the network's input of what the user gives: a picture, or a tensor as the network takes it. */
import { TilebedError } from '../../runtime/errors.ts';
import { letterboxFor, letterboxRegion } from '../../runtime/frames/letterbox.ts';
import type { Picture } from '../../runtime/frames/picture.ts';
import { elements, type Network } from '../../runtime/model/network.ts';
import { readPicture } from '../pictures/read.ts';
import { readNpy } from '../tensors/npy.ts';

/** A JPEG or PNG, or an .npy of shape [1, channels, height, width]. */
export interface InferInput {
  readonly kind: 'image' | 'tensor';
  readonly path: string;
}

export interface NetworkInput {
  /** Makes [channels][height][width] as the network takes it. */
  readonly map: () => Float32Array;
  /** What boxes are measured in: the picture, or the network's own input where there is none. */
  readonly size: { readonly width: number; readonly height: number };
  readonly picture: Picture | undefined;
}

/** Rejects with a TilebedError (INPUT) when the file cannot be read or does not fit the network. */
export async function readInput(input: InferInput, network: Network): Promise<NetworkInput> {
  return input.kind === 'image' ? readImage(input.path, network) : readTensor(input.path, network);
}

async function readImage(path: string, { name, input }: Network): Promise<NetworkInput> {
  if (input.channels !== 3) {
    throw new TilebedError(
      'INPUT',
      `${name} takes ${input.channels} channels, and a picture has 3`,
      { hint: 'give the input as a tensor' },
    );
  }
  const picture = await readPicture(path);
  const box = letterboxFor(picture, input.width, input.height);
  const wholeInput = { x1: 0, y1: 0, x2: input.width - 1, y2: input.height - 1 };
  const wholePicture = { x1: 0, y1: 0, x2: picture.width - 1, y2: picture.height - 1 };
  const map = () => {
    const target = new Float32Array(elements(input));
    return letterboxRegion(box, wholeInput, picture, wholePicture, target);
  };
  return { map, size: picture, picture };
}

async function readTensor(path: string, { name, input }: Network): Promise<NetworkInput> {
  const { shape, data } = await readNpy(path);
  const wanted = [1, input.channels, input.height, input.width].join(', ');
  if (shape.join(', ') !== wanted) {
    throw new TilebedError(
      'INPUT',
      `${path} has the shape (${shape.join(', ')}), but ${name} takes (${wanted})`,
    );
  }
  return { map: () => data, size: input, picture: undefined };
}
