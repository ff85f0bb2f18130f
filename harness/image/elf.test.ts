import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { elfNeeds } from './elf.ts';
import { sharedLibraries } from './shared-libraries.ts';

test('this very Node.js and its libraries need what the loader finds for them', async () => {
  const found = await sharedLibraries([process.execPath]);
  const needed = new Set<string>();
  for (const path of [process.execPath, ...found]) {
    const { interpreter, libraries } = elfNeeds(await readFile(path))!;
    if (path === process.execPath) needed.add(basename(interpreter!));
    for (const library of libraries) needed.add(library);
  }
  expect([...needed].toSorted()).toEqual(found.map((path) => basename(path)).toSorted());
});

test('a file of 32-bit words is read too', () => {
  // One segment that is loaded, one with the loader's path, one that names a library.
  const file = Buffer.alloc(0x200);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1]);
  file.writeUInt32LE(0x34, 28);
  file.writeUInt16LE(32, 42);
  file.writeUInt16LE(3, 44);
  const segment = (index: number, [type, offset, address, size]: readonly number[]) => {
    for (const [place, value] of [type, offset, address, 0, size].entries()) {
      file.writeUInt32LE(value!, 0x34 + index * 32 + place * 4);
    }
  };
  segment(0, [1, 0, 0x1_0000, 0x200]);
  segment(1, [3, 0x100, 0x1_0100, 20]);
  segment(2, [2, 0x140, 0x1_0140, 24]);
  file.write('/lib/ld-linux-armhf.so.3\0', 0x100);
  file.write('\0libatomic.so.1\0', 0x180);
  for (const [place, value] of [5, 0x1_0180, 1, 1, 0, 0].entries()) {
    file.writeUInt32LE(value, 0x140 + place * 4);
  }
  expect(elfNeeds(file)).toEqual({
    interpreter: '/lib/ld-linux-armhf.so.3',
    libraries: ['libatomic.so.1'],
  });
});

test('what is no program needs nothing, and half a program is not taken for one', async () => {
  expect(elfNeeds(Buffer.from('#!/bin/sh\n'))).toBeUndefined();
  const half = (await readFile(process.execPath)).subarray(0, 80);
  expect(() => elfNeeds(half)).toThrow(RangeError);
});
