/** Brings a testbed up. Safe to repeat: only what is missing is made. */
import { TilebedError } from '../../runtime/errors.ts';
import type { Provider, ProviderContext, Requirement, Step } from '../providers/provider.ts';
import { providerNamed } from '../providers/registry.ts';
import type { Testbed } from '../spec/resolved.ts';
import type { RunTasks } from '../tasks.ts';
import {
  makeStateFolder,
  readState,
  removeState,
  stateFolder,
  testbedHash,
  testbedKey,
  writeState,
} from './state.ts';
import { checkWishes } from './wishes.ts';

export interface UpOptions {
  readonly signal: AbortSignal;
  readonly runTasks: RunTasks;
}

export interface UpResult {
  /** Titles of the steps that were taken; empty when all was there already. */
  readonly changed: readonly string[];
  readonly warnings: readonly string[];
}

export interface UpPlan {
  /** Steps that are not done yet. */
  readonly steps: readonly Step[];
  readonly warnings: readonly string[];
}

/** What `up` would do now. Rejects with a TilebedError (MISSING) where this machine cannot do it. */
export async function planUp(testbed: Testbed): Promise<UpPlan> {
  const provider = providerNamed(testbed.provider);
  await checkRequirements(provider, testbed);
  const warnings = await wishWarnings(testbed);
  const steps: Step[] = [];
  for (const step of await provider.plan(contextOf(testbed))) {
    if (!(await step.done())) steps.push(step);
  }
  return { steps, warnings };
}

/**
 * A warning for each wish that cannot be kept and need not be. Rejects with a TilebedError (MISSING) for
 * those that must be.
 */
export async function wishWarnings(testbed: Testbed): Promise<readonly string[]> {
  const provider = providerNamed(testbed.provider);
  const able = await provider.capabilities(testbed);
  const relays = provider.relayAddress?.(contextOf(testbed)) !== undefined;
  return checkWishes(testbed, able, provider.lenient, relays);
}

/**
 * When it fails or is interrupted, a testbed that was down before is down again; one that was up keeps
 * what it had.
 */
export async function up(testbed: Testbed, { signal, runTasks }: UpOptions): Promise<UpResult> {
  const context = contextOf(testbed);
  const before = await readState(context.stateFolder);
  await makeStateFolder(context.stateFolder);
  try {
    const { steps, warnings } = await planUp(testbed);
    const hash = testbedHash(testbed);
    if (steps.length === 0 && before?.status === 'up' && before.hash === hash) {
      return { changed: [], warnings };
    }
    const { name, provider } = testbed;
    const sinceIso = new Date().toISOString();
    const state = { version: 1, name, provider, hash, sinceIso } as const;
    await writeState(context.stateFolder, { ...state, status: 'coming-up' });
    await testbedKey(context.stateFolder);
    await runTasks(
      steps.map((step) => ({ title: step.title, run: ({ say }) => step.apply(signal, say) })),
      { signal },
    );
    signal.throwIfAborted();
    await writeState(context.stateFolder, { ...state, status: 'up' });
    return { changed: steps.map(({ title }) => title), warnings };
  } catch (error) {
    if (before?.status !== 'up') await undo(testbed, context);
    throw error;
  }
}

async function undo(testbed: Testbed, context: ProviderContext): Promise<void> {
  await providerNamed(testbed.provider).down(context);
  await removeState(context.stateFolder);
}

export function contextOf(testbed: Testbed): ProviderContext {
  return { testbed, stateFolder: stateFolder(testbed) };
}

async function checkRequirements(provider: Provider, testbed: Testbed): Promise<void> {
  const missing = (await provider.requirements(testbed)).filter(({ ok }) => !ok);
  if (missing.length === 0) return;
  throw new TilebedError(
    'MISSING',
    `the provider ${provider.name} does not work on this machine: ${missing.map(describe).join('; ')}`,
    {
      hint: missing
        .map(({ fix }) => fix)
        .filter((fix) => fix !== undefined)
        .join('; '),
    },
  );
}

function describe({ name, detail }: Requirement): string {
  return `${name}: ${detail}`;
}
