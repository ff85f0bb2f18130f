/** Testbeds of this machine of which the engine here holds something, by their labels. */
import { hostname } from 'node:os';
import { ownerId } from '../../machine/node-steps.ts';
import type { OwnerMark } from '../provider.ts';
import { Engine } from './engine.ts';
import { OWNER_LABEL } from './names.ts';

/** Empty without an engine: `doctor` tells what is wrong with it. */
export async function containerOwners(): Promise<readonly OwnerMark[]> {
  const engine = new Engine();
  const folders = new Set<string>();
  for (const kind of ['container', 'volume', 'network'] as const) {
    const all = kind === 'container' ? ['--all'] : [];
    const format = `{{.Label "${OWNER_LABEL}"}}`;
    const { exitCode, stdout } = await engine.try([kind, 'ls', ...all, '--format', format]);
    if (exitCode !== 0) return [];
    const own = `${hostname()}:`;
    for (const owner of stdout.split('\n')) {
      if (owner.startsWith(own)) folders.add(owner.slice(own.length));
    }
  }
  return [...folders].map((stateFolder) => ({ id: ownerId(stateFolder), stateFolder }));
}
