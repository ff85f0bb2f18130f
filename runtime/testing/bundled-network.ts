/** The networks that come with tilebed, parsed. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseCfg } from '../model/cfg.ts';
import type { Network } from '../model/network.ts';

export async function bundledNetwork(name: 'yolov2' | 'yolov2-tiny'): Promise<Network> {
  const file = fileURLToPath(new URL(`../../experiments/models/${name}.cfg`, import.meta.url));
  return parseCfg(await readFile(file, 'utf8'), { file });
}
