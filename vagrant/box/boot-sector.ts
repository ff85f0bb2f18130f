/** The first sector of a disk that starts by itself: GRUB's code, and a table with one partition. */

export const SECTOR_BYTES = 512;
/** GRUB's own part of it ends where the table begins. */
const CODE_BYTES = 440;
const TABLE_OFFSET = 446;
const ACTIVE = 0x80;
const LINUX = 0x83;
/** Cylinders, heads and sectors that no disk has: the numbers behind them count. */
const BEYOND = [0xfe, 0xff, 0xff];

/**
 * @param code GRUB's boot.img, which goes on at the next sector by itself
 * @param first the partition's first sector
 * @param count its sectors
 */
export function bootSector(code: Uint8Array, first: number, count: number): Uint8Array {
  const sector = new Uint8Array(SECTOR_BYTES);
  sector.set(code.subarray(0, CODE_BYTES));
  sector.set([ACTIVE, ...BEYOND, LINUX, ...BEYOND], TABLE_OFFSET);
  const view = new DataView(sector.buffer);
  view.setUint32(TABLE_OFFSET + 8, first, true);
  view.setUint32(TABLE_OFFSET + 12, count, true);
  sector.set([0x55, 0xaa], SECTOR_BYTES - 2);
  return sector;
}
