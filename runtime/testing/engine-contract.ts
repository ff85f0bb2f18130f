/** What every engine promises, as one suite: an engine that passes it can stand in for any other. */
import { describe } from 'vitest';
import { layersContract } from './contract/layers.ts';
import type { LoadEngine } from './contract/load.ts';
import { memoryContract } from './contract/memory.ts';
import { partialRunsContract } from './contract/partial-runs.ts';
import { reuseContract } from './contract/reuse.ts';
import { segmentContract } from './contract/segment.ts';
import { tilesContract } from './contract/tiles.ts';

export function engineContract(load: LoadEngine): void {
  describe('layers compute what they are to compute', () => layersContract(load));
  describe('a segment', () => segmentContract(load));
  describe('tiles give the bits of the whole', () => tilesContract(load));
  describe('runs between cuts give the bits of the whole', () => partialRunsContract(load));
  describe('reused halos give the bits of the whole', () => reuseContract(load));
  describe('memory', () => memoryContract(load));
}
