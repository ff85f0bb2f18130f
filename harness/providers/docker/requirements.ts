/** What containers need, tried for real: the engine is asked, and made to do what `up` will want. */
import { randomUUID } from 'node:crypto';
import type { Requirement } from '../provider.ts';
import { type Engine, engineMessage } from './engine.ts';
import { hintFor } from './hints.ts';
import { swarmRequirements } from './swarm.ts';

const HELP = 'https://docs.docker.com/engine/install tells how to install Docker';

interface Wanted {
  /** More than what `up` asks each time. */
  readonly thorough: boolean;
  /** The engines are to be those of one swarm. */
  readonly swarm: boolean;
}

export async function dockerRequirements(
  engines: readonly Engine[],
  { thorough, swarm }: Wanted,
): Promise<readonly Requirement[]> {
  const found = await Promise.all(engines.map(findEngine));
  if (!found.every(({ ok }) => ok)) return found;
  return [
    ...found,
    ...(swarm ? await swarmRequirements(engines) : []),
    ...(thorough ? [await tryNetwork(engines[0]!), await limits(engines[0]!)] : []),
  ];
}

async function findEngine(engine: Engine): Promise<Requirement> {
  const name = engine.address === undefined ? 'engine' : `engine ${engine.address}`;
  const answer = await engine.try(['info', '--format', '{{.ServerVersion}}']);
  // A client without an engine ends well, and says what is wrong.
  const version = answer.stdout.trim().split('\n')[0] ?? '';
  if (answer.exitCode === 0 && version !== '') {
    return { name, ok: true, detail: `answers, version ${version}` };
  }
  const detail = engineMessage(answer);
  return { name, ok: false, detail, fix: hintFor(detail) ?? HELP };
}

/** Networks want more of a machine than anything else: bridges, iptables, and the right to both. */
async function tryNetwork(engine: Engine): Promise<Requirement> {
  const name = 'a network';
  const network = `tilebed-probe-${randomUUID().slice(0, 8)}`;
  const made = await engine.try(['network', 'create', '--label', 'tilebed.probe=1', network]);
  await engine.try(['network', 'rm', network]);
  if (made.exitCode === 0) return { name, ok: true, detail: 'made and removed' };
  const detail = engineMessage(made);
  return { name, ok: false, detail, fix: hintFor(detail) ?? 'look into the engine’s log' };
}

async function limits(engine: Engine): Promise<Requirement> {
  const { MemoryLimit, CPUSet, CpuCfsQuota, NCPU } = await engine.info();
  const lacking = [
    ...(MemoryLimit ? [] : ['memory']),
    ...(CPUSet ? [] : ['pinning']),
    ...(CpuCfsQuota ? [] : ['CPU time']),
  ];
  // A testbed without limits needs none: whether they are wanted is seen when it comes up.
  const detail =
    lacking.length === 0
      ? `memory, pinning and CPU time, on ${NCPU} CPUs`
      : `this engine cannot limit ${lacking.join(', ')}`;
  return { name: 'limits', ok: true, detail };
}
