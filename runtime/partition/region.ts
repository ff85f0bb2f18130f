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

/** What two regions have in common; undefined where that is nothing. */
export function intersection(a: Region, b: Region): Region | undefined {
  const common = {
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
    x2: Math.min(a.x2, b.x2),
    y2: Math.min(a.y2, b.y2),
  };
  return common.x1 <= common.x2 && common.y1 <= common.y2 ? common : undefined;
}
