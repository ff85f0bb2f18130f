/**
 * Files that roles need beside the runtime: the model on every node, pictures on sources. Each lies on
 * its node under the name of its hash, so that nothing travels twice and nothing is mistaken.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { encodePpm } from '../../runtime/frames/ppm.ts';
import type { FrameSource, ModelFiles } from '../../runtime/roles/config.ts';
import { fileSha256 } from '../models/trusted-hash.ts';
import { readPicture } from '../pictures/read.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import type { Experiment } from '../spec/resolved.ts';

export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
}

export interface Assets {
  readonly cfg: HashedFile;
  /** Undefined: synthetic weights need no file. */
  readonly weights: HashedFile | undefined;
  readonly pictures: readonly HashedFile[];
}

export async function hashAssets({ model, frames }: Experiment): Promise<Assets> {
  const { weights } = model;
  return {
    cfg: await hashFile(model.cfg),
    weights: weights.kind === 'file' ? await hashFile(weights.path) : undefined,
    // More pictures than frames are never used.
    pictures: await Promise.all(frames.images.slice(0, frames.count).map(hashFile)),
  };
}

/** Puts the model on a node and tells where it lies there. */
export async function placeModel(
  node: ProvisionedNode,
  { cfg, weights }: Assets,
  experiment: Experiment,
  signal: AbortSignal,
): Promise<ModelFiles> {
  const cfgPath = await place(node, cfg.path, `models/${cfg.sha256}.cfg`, signal);
  const chosen = experiment.model.weights;
  if (chosen.kind === 'synthetic') return { cfg: cfgPath, weights: chosen };
  const path = await place(node, weights!.path, `models/${weights!.sha256}.weights`, signal);
  return { cfg: cfgPath, weights: { kind: 'file', path } };
}

/** Gives a source its frames: the experiment's pictures in turn, as PPM, or seeds of generated ones. */
export async function placeFrames(
  node: ProvisionedNode,
  { pictures }: Assets,
  { frames, seed }: Experiment,
  size: { readonly width: number; readonly height: number },
  signal: AbortSignal,
): Promise<readonly FrameSource[]> {
  if (pictures.length === 0) {
    // Sources see different streets.
    const own = sourceSeed(seed, node.spec.name, 'frames');
    return Array.from({ length: frames.count }, (_, index) => ({
      kind: 'generated' as const,
      seed: own,
      index,
      ...size,
    }));
  }
  const placed: string[] = [];
  for (const picture of pictures) placed.push(await placePicture(node, picture, signal));
  return Array.from({ length: frames.count }, (_, index) => ({
    kind: 'file' as const,
    path: placed[index % placed.length]!,
  }));
}

/** A seed of a source's own, for what is drawn by chance there. */
export function sourceSeed(seed: number, source: string, what: 'frames' | 'arrivals'): number {
  return createHash('sha256').update(`${seed} ${source} ${what}`).digest().readUInt32LE(0);
}

async function placePicture(
  node: ProvisionedNode,
  { path, sha256 }: HashedFile,
  signal: AbortSignal,
): Promise<string> {
  const name = `frames/${sha256}.ppm`;
  if (await has(node, posix.join(node.folder, name))) return posix.join(node.folder, name);
  const folder = await mkdtemp(join(tmpdir(), 'tilebed-frame-'));
  try {
    const ppm = join(folder, 'frame.ppm');
    await writeFile(ppm, encodePpm(await readPicture(path)));
    return await place(node, ppm, name, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A file that was copied halfway never stands under its final name. */
async function place(
  node: ProvisionedNode,
  from: string,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const target = posix.join(node.folder, name);
  if (await has(node, target)) return target;
  signal.throwIfAborted();
  await node.transport.put(from, `${target}.partial`);
  const { exitCode, stderr } = await node.transport.exec(['mv', `${target}.partial`, target]);
  if (exitCode !== 0) {
    throw new TilebedError('FAILED', `cannot put ${from} on ${node.spec.name}: ${stderr.trim()}`);
  }
  return target;
}

async function has({ transport }: ProvisionedNode, path: string): Promise<boolean> {
  return (await transport.exec(['test', '-f', path])).exitCode === 0;
}

async function hashFile(path: string): Promise<HashedFile> {
  return { path, sha256: await fileSha256(path) };
}
