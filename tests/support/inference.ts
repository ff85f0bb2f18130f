/** Inference in the test's own process, with layers dumped to be compared to the last bit. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type InferOptions, type InferResult, infer } from '../../harness/infer/infer.ts';

export type Choice = Partial<InferOptions> & Pick<InferOptions, 'cfg' | 'input'>;

export function run(choice: Choice): Promise<InferResult> {
  return infer({
    weights: 'synthetic:7',
    engine: 'onnxruntime',
    precision: 'float32',
    threads: 2,
    dumps: [],
    labels: [],
    threshold: 0.24,
    ...choice,
  });
}

export interface Inferred {
  readonly result: InferResult;
  /** Bytes of the dumps' files. */
  readonly layers: ReadonlyMap<number, Buffer>;
}

/** @param folder where dumps are written */
export async function runWithDumps(
  folder: string,
  choice: Choice,
  layers: readonly number[],
): Promise<Inferred> {
  const dumps = layers.map((layer) => ({ layer, path: join(folder, `layer${layer}.npy`) }));
  const result = await run({ ...choice, dumps });
  const files = dumps.map(async ({ layer, path }) => [layer, await readFile(path)] as const);
  return { result, layers: new Map(await Promise.all(files)) };
}

export function expectSameBits(tiled: Inferred, whole: Inferred): void {
  expect(tiled.layers.size).toBe(whole.layers.size);
  for (const [layer, bytes] of whole.layers) {
    expect(tiled.layers.get(layer)!.equals(bytes), `layer ${layer}`).toBe(true);
  }
  expect(tiled.result.detections).toEqual(whole.result.detections);
}

export function grid(text: string) {
  const [rows, columns] = text.split('x').map(Number);
  return { rows: rows!, columns: columns! };
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
