/** What a role and its compute thread say to each other. Arrays are handed over, never copied. */

import type { EngineBytes, SegmentRun } from '../engine/engine.ts';
import type { Letterbox } from '../frames/letterbox.ts';
import type { Picture } from '../frames/picture.ts';
import type { Precision } from '../model/precision.ts';
import type { Region } from '../partition/region.ts';
import type { ModelFiles } from './config.ts';
import type { CpuShares } from './pace.ts';

export interface ComputeSetup {
  readonly engine: string;
  readonly model: ModelFiles;
  readonly from: number;
  /** One past the last layer; undefined: to the network's end. */
  readonly to: number | undefined;
  readonly outputs: readonly number[];
  readonly extent: 'whole' | 'tiled';
  readonly cuts?: readonly number[];
  readonly chains?: boolean;
  readonly precision: Precision;
  readonly threads: number;
  /** Where the node is to be as slow as a device. */
  readonly cpuShares?: CpuShares | undefined;
}

/** The input of a run: floats as they are, or pixels that the thread letterboxes itself. */
export type ComputeInput =
  | {
      readonly kind: 'floats';
      readonly data: Float32Array;
      readonly height: number;
      readonly width: number;
    }
  | {
      readonly kind: 'pixels';
      /** The sub-picture that the region needs; undefined where the region is only grey bars. */
      readonly picture: Picture | undefined;
      /** Where the sub-picture lies in the whole picture. */
      readonly crop: Region | undefined;
      readonly letterbox: Letterbox;
      /** The part of the network's input to make. */
      readonly region: Region;
    };

export interface ComputeRun extends Pick<SegmentRun, 'from' | 'to' | 'surrounds' | 'keep'> {
  readonly input: ComputeInput;
}

export interface ComputeResult {
  readonly outputs: readonly Float32Array[];
  /** In the order of the run's `keep`. */
  readonly kept: readonly Float32Array[];
  /** Monotonic clock of the node, in milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly engineBytes: EngineBytes;
}

/** All arrays of a run: they are handed over for good. */
export function arraysOf({ input, surrounds = [] }: ComputeRun): readonly ArrayBufferView[] {
  const own = input.kind === 'floats' ? input.data : input.picture?.pixels;
  const strips = surrounds.flatMap(({ left, right, top, bottom }) => [left, right, top, bottom]);
  const given = strips.flatMap((strip) => (typeof strip === 'number' ? [] : [strip.data]));
  return own === undefined ? given : [own, ...given];
}

export type ComputeRequest =
  | { readonly kind: 'run'; readonly id: number; readonly run: ComputeRun }
  /** What the node has done so far is not on a device's account. */
  | { readonly kind: 'forgive' };

export type ComputeReply =
  | { readonly kind: 'open' }
  | { readonly kind: 'result'; readonly id: number; readonly result: ComputeResult }
  | {
      readonly kind: 'error';
      readonly id: number | undefined;
      readonly message: string;
      readonly hint?: string;
    };
