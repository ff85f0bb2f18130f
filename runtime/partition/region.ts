/**
 * Rectangles of a feature map, in whole elements. Corners are inclusive, as in DeepThings' equations
 * (Zhao et al., TCAD 2018, section IV-A).
 */

export interface Region {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Rows and columns that stand outside the map: a tile at the frame's border sees padding there. */
export interface Border {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

export function regionWidth(region: Region): number {
  return region.x2 - region.x1 + 1;
}

export function regionHeight(region: Region): number {
  return region.y2 - region.y1 + 1;
}
