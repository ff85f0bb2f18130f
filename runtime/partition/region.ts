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

export function areaOf(region: Region): number {
  return regionWidth(region) * regionHeight(region);
}

export function contains(region: Region, part: Region): boolean {
  return (
    region.x1 <= part.x1 && region.x2 >= part.x2 && region.y1 <= part.y1 && region.y2 >= part.y2
  );
}

export function isSameRegion(a: Region, b: Region): boolean {
  return a.x1 === b.x1 && a.y1 === b.y1 && a.x2 === b.x2 && a.y2 === b.y2;
}

/** What two regions have in common; undefined where that is nothing. */
export function intersection(a: Region, b: Region): Region | undefined {
  // Of many parts most have nothing in common.
  if (a.x1 > b.x2 || b.x1 > a.x2 || a.y1 > b.y2 || b.y1 > a.y2) return undefined;
  return {
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
    x2: Math.min(a.x2, b.x2),
    y2: Math.min(a.y2, b.y2),
  };
}

/** The smallest region that holds them all; undefined of none. */
export function boundingBox(regions: readonly Region[]): Region | undefined {
  if (regions.length === 0) return undefined;
  return {
    x1: Math.min(...regions.map(({ x1 }) => x1)),
    y1: Math.min(...regions.map(({ y1 }) => y1)),
    x2: Math.max(...regions.map(({ x2 }) => x2)),
    y2: Math.max(...regions.map(({ y2 }) => y2)),
  };
}

/**
 * What is left of a region without a part of it: up to four regions that do not overlap, above and below
 * the part over the full width, left and right of it between them.
 */
export function without(region: Region, part: Region): readonly Region[] {
  const hole = intersection(region, part);
  if (hole === undefined) return [region];
  return [
    { ...region, y2: hole.y1 - 1 },
    { ...region, y1: hole.y2 + 1 },
    { ...hole, x1: region.x1, x2: hole.x1 - 1 },
    { ...hole, x1: hole.x2 + 1, x2: region.x2 },
  ].filter(({ x1, y1, x2, y2 }) => x1 <= x2 && y1 <= y2);
}

/** The same region, counted from the first row and column of another that holds it. */
export function regionWithin(region: Region, outer: Region): Region {
  return {
    x1: region.x1 - outer.x1,
    y1: region.y1 - outer.y1,
    x2: region.x2 - outer.x1,
    y2: region.y2 - outer.y1,
  };
}
