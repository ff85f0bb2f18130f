/** Tries what tilebed needs on this machine. */
import { join } from 'node:path';
import { ENGINE_NAMES } from '../runtime/engine/registry.ts';
import { TilebedError } from '../runtime/errors.ts';
import type { MachineReport, Provider, Requirement } from './providers/provider.ts';
import { PROVIDERS, providerNamed } from './providers/registry.ts';
import type { Testbed } from './spec/resolved.ts';
import { findBundle } from './testbeds/bundle.ts';
import { partsOf } from './testbeds/parts.ts';
import { probeRuntime } from './testbeds/status.ts';
import { preflight, wishWarnings } from './testbeds/up.ts';
import { LocalTransport } from './transports/local.ts';

export interface Finding {
  /** Such as "provider local" or "engine onnxruntime". */
  readonly subject: string;
  readonly ok: boolean;
  readonly requirements: readonly Requirement[];
  /** Machines that exist already, where the testbed has such. */
  readonly machines?: readonly MachineReport[];
}

export async function examine(): Promise<readonly Finding[]> {
  const findings = [finding('this machine', [await findRuntime()])];
  for (const name of ENGINE_NAMES)
    findings.push(finding(`engine ${name}`, [await tryEngine(name)]));
  return [...findings, ...(await Promise.all(PROVIDERS.map((provider) => tryProvider(provider))))];
}

/** Only what one provider needs, on its own. Throws a TilebedError (MISSING) where there is no such provider. */
export async function examineProvider(name: string): Promise<readonly Finding[]> {
  const provider = providerNamed(name);
  return [finding('this machine', [await findRuntime()]), await tryProvider(provider)];
}

/** What one testbed needs: its providers, and what its file asks of it. */
export async function examineTestbed(testbed: Testbed): Promise<readonly Finding[]> {
  const runtime = finding('this machine', [await findRuntime()]);
  const needs = await Promise.all(
    partsOf(testbed).map(({ provider, context }) => tryProvider(provider, context.testbed)),
  );
  // Without what it needs, what it could do is no question.
  if (!needs.every(({ ok }) => ok)) return [runtime, ...needs];
  const machines = await preflight(testbed);
  if (machines.length > 0) needs.push(machinesFinding(machines));
  if (!needs.every(({ ok }) => ok)) return [runtime, ...needs];
  return [runtime, ...needs, finding(`testbed ${testbed.name}`, await tryWishes(testbed))];
}

function machinesFinding(machines: readonly MachineReport[]): Finding {
  const requirements = machines.map(({ node, at, problems }) => {
    const fixes = problems.flatMap(({ fix }) => fix ?? []);
    return {
      name: node,
      ok: problems.length === 0,
      detail: [at, ...problems.map(({ message }) => message)].join(': '),
      ...(fixes.length === 0 ? {} : { fix: fixes.join('; ') }),
    };
  });
  return { ...finding('machines', requirements), machines };
}

/** A provider whose trial breaks down is one that does not work, and no reason to be silent of others. */
async function tryProvider(provider: Provider, testbed?: Testbed): Promise<Finding> {
  const subject = `provider ${provider.name}`;
  try {
    return finding(subject, await provider.requirements(testbed));
  } catch (error) {
    return finding(subject, [failure('tried', error)]);
  }
}

async function tryWishes(testbed: Testbed): Promise<readonly Requirement[]> {
  const name = 'what its file asks for';
  try {
    const warnings = await wishWarnings(testbed);
    if (warnings.length === 0) return [{ name, ok: true, detail: 'all of it can be kept' }];
    return warnings.map((detail) => ({ name: 'tolerated', ok: true, detail }));
  } catch (error) {
    return [failure(name, error)];
  }
}

function failure(name: string, error: unknown): Requirement {
  if (!(error instanceof TilebedError)) throw error;
  const { message, hint } = error;
  return { name, ok: false, detail: message, ...(hint === undefined ? {} : { fix: hint }) };
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
    return failure(name, error);
  }
}
