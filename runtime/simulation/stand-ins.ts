import type { Halo } from '../partition/reuse.ts';

/** In the place of halos' values, which nobody computes here. */
export function standIns(halos: readonly Halo[]): readonly Float32Array[] {
  return halos.map(() => new Float32Array(1));
}
