/**
 * A Docker engine for tests: the one that answers here, or one of their own, with its own data and socket,
 * which ends with them.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll } from 'vitest';
import { pathExists } from '../../harness/path-exists.ts';
import { eventually } from './processes.ts';

const PROGRAM = '/usr/sbin/dockerd';

export async function engineAnswers(host?: string): Promise<boolean> {
  const where = host === undefined ? [] : ['--host', host];
  const argv = [...where, 'info', '--format', '{{.ServerVersion}}'];
  const { exitCode, stdout } = await execa('docker', argv, { reject: false });
  return exitCode === 0 && stdout.trim() !== '';
}

/** Whether there is an engine, or the means to have one. */
export async function canHaveEngine(): Promise<boolean> {
  return (await engineAnswers()) || (await canStartEngine());
}

export async function canStartEngine(): Promise<boolean> {
  return process.getuid?.() === 0 && (await pathExists(PROGRAM));
}

/** For the tests of a group, and no longer. */
export function useEngine(): void {
  let end: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    end = await startEngine();
  });
  afterAll(() => end?.());
}

/** Returns what ends it. From here on `docker` talks to it, in this process and in those that it starts. */
export async function startEngine(): Promise<() => Promise<void>> {
  if (await engineAnswers()) return async () => {};
  const folder = await mkdtemp(join(tmpdir(), 'tilebed-dockerd-'));
  const host = `unix://${folder}/docker.sock`;
  const engine = execa(
    PROGRAM,
    [
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      // Without a bridge of its own, so that several engines get along.
      ...['--pidfile', join(folder, 'pid'), '--host', host, '--bridge', 'none'],
    ],
    { reject: false, stdin: 'ignore', buffer: false, stdout: 'ignore', all: true },
  );
  let said = '';
  engine.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  await eventually('dockerd', async () => {
    if (engine.exitCode !== null) throw new Error(said);
    return engineAnswers(host);
  });
  process.env['DOCKER_HOST'] = host;
  return async () => {
    const exited = once(engine, 'exit');
    engine.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
}
