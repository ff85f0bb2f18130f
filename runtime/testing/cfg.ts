/** Writes Darknet cfg text, a section at a time. */
import { parseCfg } from '../model/cfg.ts';
import type { Network } from '../model/network.ts';

export function section(
  name: string,
  keys: Readonly<Record<string, string | number>> = {},
): string {
  return [`[${name}]`, ...Object.entries(keys).map(([key, value]) => `${key}=${value}`)].join('\n');
}

/** Parses sections that follow a [net] of this size. */
export function networkOf(
  input: { readonly width: number; readonly height: number; readonly channels?: number },
  ...sections: readonly string[]
): Network {
  return parseCfg([section('net', input), ...sections].join('\n'), { file: 'test.cfg' });
}
