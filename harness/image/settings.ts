/** How a node's image is run, as a Dockerfile and as an image's configuration say it. */
import type { ImagePlatform } from './platforms.ts';
import { NODE_LIBRARIES, NODE_PROGRAM, NODE_USER, runtimeInImage } from './root-files.ts';

export interface ImageSettings {
  readonly user: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly health: {
    readonly command: readonly string[];
    readonly intervalSeconds: number;
    readonly timeoutSeconds: number;
  };
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

const PATH = '/opt/tilebed/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Rarely, since it takes a node's own CPU: a person looks at it, tilebed asks for itself. */
const HEALTH_INTERVAL_SECONDS = 60;
const NANOSECONDS = 1e9;

/** @param hash the runtime's */
export function imageSettings(hash: string, isUponAnother: boolean): ImageSettings {
  return {
    user: `${NODE_USER}:${NODE_USER}`,
    environment: { PATH, ...(isUponAnother ? { LD_LIBRARY_PATH: NODE_LIBRARIES } : {}) },
    labels: { 'tilebed.runtime': hash },
    health: {
      command: [NODE_PROGRAM, '-e', ''],
      intervalSeconds: HEALTH_INTERVAL_SECONDS,
      timeoutSeconds: 30,
    },
    entrypoint: [NODE_PROGRAM, `${runtimeInImage(hash)}/main.js`],
    command: ['wait'],
  };
}

/** Lines behind FROM and ADD. */
export function dockerfileLines(settings: ImageSettings): readonly string[] {
  const { user, environment, labels, health, entrypoint, command } = settings;
  const times = `--interval=${health.intervalSeconds}s --timeout=${health.timeoutSeconds}s`;
  return [
    `USER ${user}`,
    ...Object.entries(environment).map((pair) => `ENV ${pair.join('=')}`),
    ...Object.entries(labels).map((pair) => `LABEL ${pair.join('=')}`),
    `HEALTHCHECK ${times} CMD ${JSON.stringify(health.command)}`,
    `ENTRYPOINT ${JSON.stringify(entrypoint)}`,
    `CMD ${JSON.stringify(command)}`,
  ];
}

/** With one layer. Without a date, so that the same files are the same image wherever it is made. */
export function imageConfiguration(
  { user, environment, labels, health, entrypoint, command }: ImageSettings,
  { architecture, variant }: Pick<ImagePlatform, 'architecture' | 'variant'>,
  layerDigest: string,
) {
  return {
    created: new Date(0).toISOString(),
    architecture,
    ...(variant === undefined ? {} : { variant }),
    os: 'linux',
    config: {
      User: user,
      Env: Object.entries(environment).map((pair) => pair.join('=')),
      Labels: labels,
      Healthcheck: {
        Test: ['CMD', ...health.command],
        Interval: health.intervalSeconds * NANOSECONDS,
        Timeout: health.timeoutSeconds * NANOSECONDS,
      },
      Entrypoint: entrypoint,
      Cmd: command,
    },
    rootfs: { type: 'layers', diff_ids: [layerDigest] },
    history: [{ created: new Date(0).toISOString(), created_by: 'tilebed image build' }],
  };
}
