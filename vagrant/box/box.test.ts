import { describe, expect, test } from 'vitest';
import { bootSector } from './boot-sector.ts';
import { boxRecipe, DISK_BYTES, PARTITION_OFFSET_BYTES } from './recipe.ts';

describe('the first sector', () => {
  const sector = bootSector(new Uint8Array(512).fill(7), 2048, 6_289_408);

  test('keeps GRUB’s code, and none of what its file has behind it', () => {
    expect(sector.subarray(0, 440).every((byte) => byte === 7)).toBe(true);
    expect(sector[440]).toBe(0);
  });

  test('names one partition of Linux that is active', () => {
    const entry = Buffer.from(sector.subarray(446, 462));
    expect([entry[0], entry[4]]).toEqual([0x80, 0x83]);
    expect([entry.readUInt32LE(8), entry.readUInt32LE(12)]).toEqual([2048, 6_289_408]);
    expect(sector.subarray(462, 510).every((byte) => byte === 0)).toBe(true);
  });

  test('ends as a boot sector does', () => {
    expect([...sector.subarray(510)]).toEqual([0x55, 0xaa]);
  });
});

describe('the recipe', () => {
  const recipe = boxRecipe({ folder: '/work here', output: '/out.box', suite: 'trixie' });

  test('makes of one folder all that it needs', () => {
    expect(recipe.bootstrap).toContain('--customize-hook=/work here/customize');
    expect(recipe.bootstrap.slice(-2)).toEqual(['trixie', '/work here/root.tar']);
    expect(recipe.pack.at(-1)).toContain('/out.box');
  });

  test('fills the disk behind GRUB', () => {
    const size = recipe.disk.at(-1)!.at(-1)!;
    expect(Number.parseInt(size, 10) * 1024 + PARTITION_OFFSET_BYTES).toBe(DISK_BYTES);
  });

  test('its scripts stop at the first fault', () => {
    const scripts = recipe.files.filter(({ mode }) => mode === 0o755);
    expect(scripts.map(({ text }) => text.startsWith('#!/bin/sh\nset -e\n'))).toEqual([true, true]);
  });
});
