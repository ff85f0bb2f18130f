/**
 * Images as a file: an OCI image layout, with a manifest for each platform, that is also an archive as `docker
 * save` writes it, which older engines want. No engine takes part; the same files give the same bytes.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { create } from 'tar';
import { fileSha256 } from '../models/trusted-hash.ts';
import { makeScratch } from '../scratch.ts';
import { writeRoot } from './archive.ts';
import type { ImagePlatform } from './platforms.ts';
import type { RootFile } from './root-files.ts';
import { type ImageSettings, imageConfiguration } from './settings.ts';

export interface ImageContent {
  readonly tag: string;
  readonly platform: ImagePlatform;
  readonly files: readonly RootFile[];
  readonly settings: ImageSettings;
}

export interface WriteOptions {
  /** Smaller to carry, and some seconds longer to write. */
  readonly compress: boolean;
  readonly signal: AbortSignal;
}

interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const TYPE = 'application/vnd.oci.image';
const BLOBS = 'blobs/sha256';

/** The file must not be there yet; what fails leaves a part of it. */
export async function writeImages(
  images: readonly ImageContent[],
  file: string,
  options: WriteOptions,
): Promise<void> {
  await using scratch = await makeScratch('image');
  const { folder } = scratch;
  await mkdir(join(folder, BLOBS), { recursive: true });
  const [manifests, saved] = [[] as object[], [] as object[]];
  for (const image of images) {
    const { manifest, config, layer } = await writeImage(image, folder, options);
    const { architecture, variant } = image.platform;
    manifests.push({
      ...manifest,
      platform: { architecture, os: 'linux', ...(variant === undefined ? {} : { variant }) },
      annotations: {
        'io.containerd.image.name': `docker.io/${image.tag}`,
        'org.opencontainers.image.ref.name': image.tag.split(':').at(-1),
      },
    });
    saved.push({ Config: pathOf(config), RepoTags: [image.tag], Layers: [pathOf(layer)] });
  }
  const files = {
    'oci-layout': { imageLayoutVersion: '1.0.0' },
    'index.json': { schemaVersion: 2, mediaType: `${TYPE}.index.v1+json`, manifests },
    'manifest.json': saved,
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), JSON.stringify(content));
  }
  options.signal.throwIfAborted();
  // Engines that read it as a stream want to know first what it is.
  await create({ cwd: folder, file, portable: true, mtime: new Date(0) }, [
    ...Object.keys(files),
    'blobs',
  ]);
  options.signal.throwIfAborted();
}

async function writeImage(
  { platform, files, settings }: ImageContent,
  folder: string,
  { compress, signal }: WriteOptions,
) {
  const root = join(folder, 'layer.tar');
  await writeRoot(files, root);
  signal.throwIfAborted();
  const rootDigest = await fileSha256(root, signal);
  const file = compress ? await compressed(root, signal) : root;
  const layer = await keepFile(
    file,
    `${TYPE}.layer.v1.tar${compress ? '+gzip' : ''}`,
    compress ? await fileSha256(file, signal) : rootDigest,
    folder,
  );
  const configuration = imageConfiguration(settings, platform, `sha256:${rootDigest}`);
  const config = await keepJson(configuration, `${TYPE}.config.v1+json`, folder);
  const mediaType = `${TYPE}.manifest.v1+json`;
  const manifest = await keepJson(
    { schemaVersion: 2, mediaType, config, layers: [layer] },
    mediaType,
    folder,
  );
  return { manifest, config, layer };
}

async function compressed(file: string, signal: AbortSignal): Promise<string> {
  const target = `${file}.gz`;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(target), { signal });
  await rm(file);
  return target;
}

function pathOf({ digest }: Blob): string {
  return `${BLOBS}/${digest.slice('sha256:'.length)}`;
}

async function keepFile(
  file: string,
  mediaType: string,
  sha256: string,
  folder: string,
): Promise<Blob> {
  const { size } = await stat(file);
  const blob = { mediaType, digest: `sha256:${sha256}`, size };
  await rename(file, join(folder, pathOf(blob)));
  return blob;
}

async function keepJson(content: object, mediaType: string, folder: string): Promise<Blob> {
  const bytes = Buffer.from(JSON.stringify(content));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const blob = { mediaType, digest, size: bytes.length };
  await writeFile(join(folder, pathOf(blob)), bytes);
  return blob;
}
