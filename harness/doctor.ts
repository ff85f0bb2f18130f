/** Tries what tilebed needs on this machine. */
import { ENGINE_NAMES, loadEngine } from '../runtime/engine/registry.ts';
import type { Requirement } from './providers/provider.ts';
import { PROVIDERS } from './providers/registry.ts';
import { findBundle } from './testbeds/bundle.ts';

export interface Finding {
  /** Such as "provider local". */
  readonly subject: string;
  readonly ok: boolean;
  readonly requirements: readonly Requirement[];
}

export async function examine(): Promise<readonly Finding[]> {
  const requirements = [await findRuntime()];
  for (const name of ENGINE_NAMES) requirements.push(await tryEngine(name));
  const findings = [finding('this machine', requirements)];
  for (const provider of PROVIDERS) {
    findings.push(finding(`provider ${provider.name}`, await provider.requirements()));
  }
  return findings;
}

function finding(subject: string, requirements: readonly Requirement[]): Finding {
  return { subject, ok: requirements.every(({ ok }) => ok), requirements };
}

async function findRuntime(): Promise<Requirement> {
  const name = 'runtime to deploy';
  try {
    const { hash, bytes } = await findBundle();
    return { name, ok: true, detail: `${hash}, ${(bytes / 2 ** 20).toFixed(1)} MiB` };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message, fix: 'npm run build' };
  }
}

async function tryEngine(engine: string): Promise<Requirement> {
  const name = `engine ${engine}`;
  try {
    await loadEngine(engine);
    return { name, ok: true, detail: `loads on ${process.platform}-${process.arch}` };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message, fix: 'npm ci' };
  }
}
