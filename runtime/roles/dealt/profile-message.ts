/** What an edge tells of itself when it has joined, and what the gateway makes of it. */
import { TilebedError } from '../../errors.ts';
import type { Transfer } from '../../net/frame.ts';
import type { EdgeProfile } from '../../partition/stages.ts';

export type ToldProfile = Omit<EdgeProfile, 'name'>;

export function encodeProfile({ layerMs, rateBitsPerSecond, delayMs }: ToldProfile): Buffer {
  return Buffer.from(JSON.stringify({ layerMs, rateBitsPerSecond, delayMs }));
}

/** Throws a TilebedError (PROTOCOL) unless there are times of all fused layers, or none. */
export function readProfile(payload: Uint8Array, fusedLayers: number): ToldProfile {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed();
  }
  if (typeof value !== 'object' || value === null) throw malformed();
  const { layerMs, rateBitsPerSecond: rate, delayMs } = value as Record<string, unknown>;
  if (!Array.isArray(layerMs) || !layerMs.every((ms) => isNumber(ms) && ms >= 0)) throw malformed();
  if (layerMs.length !== 0 && layerMs.length !== fusedLayers) throw malformed();
  if (rate !== undefined && !(isNumber(rate) && rate > 0)) throw malformed();
  if (delayMs !== undefined && !(isNumber(delayMs) && delayMs >= 0)) throw malformed();
  return {
    layerMs,
    ...(rate === undefined ? {} : { rateBitsPerSecond: rate }),
    ...(delayMs === undefined ? {} : { delayMs }),
  };
}

export function bitsPerSecond({ bytes, ms }: Transfer): number {
  // What came within one tick of the clock came fast.
  return (8000 * bytes) / Math.max(ms, 0.01);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function malformed(): TilebedError {
  return new TilebedError('PROTOCOL', 'a profile is not what an edge measures of itself');
}
