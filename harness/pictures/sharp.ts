/** Loads sharp when a picture is first read or written: most verbs never need its native library. */
import type Sharp from 'sharp';
import { TilebedError } from '../../runtime/errors.ts';

/** Rejects with a TilebedError (MISSING) where the native part cannot be loaded. */
export async function loadSharp(): Promise<typeof Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new TilebedError(
      'MISSING',
      `sharp, which reads and writes pictures, cannot be loaded on ${process.platform}-${process.arch}`,
      { cause, hint: 'run `npm ci` again, with optional dependencies' },
    );
  }
}
