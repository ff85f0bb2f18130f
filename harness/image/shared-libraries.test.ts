import { expect, test } from 'vitest';
import { librariesIn, sharedLibraries } from './shared-libraries.ts';

test('libraries and the loader are found, what is no file is not', () => {
  const text = `	linux-vdso.so.1 (0x00007ffd)
	libstdc++.so.6 => /lib/x86_64-linux-gnu/libstdc++.so.6 (0x00007f82)
	libnone.so => not found
	/lib64/ld-linux-x86-64.so.2 (0x00007f83)`;
  expect(librariesIn(text)).toEqual([
    '/lib/x86_64-linux-gnu/libstdc++.so.6',
    '/lib64/ld-linux-x86-64.so.2',
  ]);
  expect(librariesIn('\tstatically linked\n')).toEqual([]);
});

test('what this very Node.js needs is there, each once', async () => {
  const libraries = await sharedLibraries([process.execPath, process.execPath]);
  expect(libraries.some((path) => path.includes('libc'))).toBe(true);
  expect(new Set(libraries).size).toBe(libraries.length);
});
