/**
 * Files that roles need beside the runtime: the model on every node, pictures on sources. Each lies on
 * its node under the name of its hash, so that nothing travels twice and nothing is mistaken.
 */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { encodePpm } from '../../runtime/frames/ppm.ts';
import type { FrameSource, ModelFiles } from '../../runtime/roles/config.ts';
import { type HashedFile, sendFile } from '../deployables/send.ts';
import { fileSha256 } from '../models/trusted-hash.ts';
import { readPicture } from '../pictures/read.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import { makeScratch } from '../scratch.ts';
import type { Experiment } from '../spec/resolved.ts';
import type { TaskContext } from '../tasks.ts';

export interface Assets {
  readonly cfg: HashedFile;
  /** Undefined: synthetic weights need no file. */
  readonly weights: HashedFile | undefined;
  readonly pictures: readonly HashedFile[];
}

export type PlaceContext = Pick<TaskContext, 'signal' | 'say'>;

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
  context: PlaceContext,
): Promise<ModelFiles> {
  const cfgPath = await placeLarge(node, cfg, `models/${cfg.sha256}.cfg`, context);
  const chosen = experiment.model.weights;
  if (chosen.kind === 'synthetic') return { cfg: cfgPath, weights: chosen };
  const name = `models/${weights!.sha256}.weights`;
  const path = await placeLarge(node, weights!, name, context);
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
  await using scratch = await makeScratch('frame');
  const { folder } = scratch;
  const ppm = join(folder, 'frame.ppm');
  await writeFile(ppm, encodePpm(await readPicture(path)));
  return await place(node, ppm, name, signal);
}

/** What may be large goes on where an earlier run was broken off. */
async function placeLarge(
  node: ProvisionedNode,
  file: HashedFile,
  name: string,
  { signal, say }: PlaceContext,
): Promise<string> {
  const { transport, folder, spec } = node;
  if (transport.mayBreakOff !== true) return place(node, file.path, name, signal);
  const target = posix.join(folder, name);
  if (await has(node, target)) return target;
  const what = basename(file.path);
  const progress = (part: number) => say(`${spec.name}: ${what}, ${Math.floor(part * 100)} %`);
  await sendFile(transport, file, target, { signal, progress });
  return target;
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
