/** Tries what tilebed needs on this machine. */
import { join } from 'node:path';
import { ENGINE_NAMES } from '../runtime/engine/registry.ts';
import { TilebedError } from '../runtime/errors.ts';
import type { Requirement } from './providers/provider.ts';
import { PROVIDERS } from './providers/registry.ts';
import { findBundle } from './testbeds/bundle.ts';
import { probeRuntime } from './testbeds/status.ts';
import { LocalTransport } from './transports/local.ts';

export interface Finding {
  /** Such as "provider local" or "engine onnxruntime". */
  readonly subject: string;
  readonly ok: boolean;
  readonly requirements: readonly Requirement[];
}

export async function examine(): Promise<readonly Finding[]> {
  const findings = [finding('this machine', [await findRuntime()])];
  for (const name of ENGINE_NAMES)
    findings.push(finding(`engine ${name}`, [await tryEngine(name)]));
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

/** In a process of its own, by the runtime that nodes would get. */
async function tryEngine(engine: string): Promise<Requirement> {
  const name = 'computes';
  try {
    const { folder } = await findBundle();
    const site = {
      name: 'this machine',
      transport: new LocalTransport({ launcher: [], environment: {} }),
      node: process.execPath,
      main: join(folder, 'main.js'),
    };
    const probe = await probeRuntime(site, engine);
    return { name, ok: true, detail: `a small convolution, by version ${probe.engine!.version}` };
  } catch (error) {
    if (!(error instanceof TilebedError)) throw error;
    const { message, hint } = error;
    return { name, ok: false, detail: message, ...(hint === undefined ? {} : { fix: hint }) };
  }
}
