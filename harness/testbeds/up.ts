/** Brings a testbed up. Safe to repeat: only what is missing is made. */
import { TilebedError } from '../../runtime/errors.ts';
import type { MachineReport, Provider, Requirement, Step } from '../providers/provider.ts';
import type { Testbed } from '../spec/resolved.ts';
import type { RunTasks } from '../tasks.ts';
import { down } from './down.ts';
import { partsOf, providersText, relayAddresses } from './parts.ts';
import {
  makeStateFolder,
  readState,
  removeState,
  stateFolder,
  type TestbedState,
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

/** A look at those machines of a testbed that exist without tilebed; none for most providers. */
export async function preflight(testbed: Testbed): Promise<readonly MachineReport[]> {
  const looks = partsOf(testbed).map(({ provider, context }) => provider.preflight?.(context));
  return (await Promise.all(looks)).flatMap((reports) => reports ?? []);
}

/** What `up` would do now. Rejects with a TilebedError (MISSING) where this machine cannot do it. */
export async function planUp(testbed: Testbed): Promise<UpPlan> {
  const parts = partsOf(testbed);
  for (const { provider, context } of parts) await checkRequirements(provider, context.testbed);
  const warnings = await wishWarnings(testbed);
  const steps: Step[] = [];
  for (const { provider, context } of parts) {
    for (const step of await provider.plan(context)) if (!(await step.done())) steps.push(step);
  }
  return { steps, warnings };
}

/**
 * A warning for each wish that cannot be kept and need not be. Rejects with a TilebedError (MISSING) for
 * those that must be.
 */
export async function wishWarnings(testbed: Testbed): Promise<readonly string[]> {
  const relays = relayAddresses(testbed) !== undefined;
  const warnings: string[] = [];
  for (const { provider, context } of partsOf(testbed)) {
    const able = await provider.capabilities(context.testbed);
    warnings.push(...checkWishes(context.testbed, able, provider.lenient, relays));
  }
  return warnings;
}

/**
 * When it fails or is interrupted, a testbed that was down before is down again; one that was up keeps
 * what it had.
 */
export async function up(testbed: Testbed, { signal, runTasks }: UpOptions): Promise<UpResult> {
  const folder = stateFolder(testbed);
  const before = await readState(folder);
  const provider = providersText(testbed);
  if (before !== undefined && before.provider !== provider) throw changedProvider(testbed, before);
  await makeStateFolder(folder);
  for (const { context } of partsOf(testbed)) await makeStateFolder(context.stateFolder);
  let begun = false;
  try {
    const { steps, warnings } = await planUp(testbed);
    const hash = testbedHash(testbed);
    if (steps.length === 0 && before?.status === 'up' && before.hash === hash) {
      return { changed: [], warnings };
    }
    const { name } = testbed;
    const sinceIso = new Date().toISOString();
    const state = { version: 1, name, provider, hash, sinceIso } as const;
    begun = true;
    await writeState(folder, { ...state, status: 'coming-up' });
    await testbedKey(folder);
    await runTasks(
      steps.map((step) => ({ title: step.title, run: ({ say }) => step.apply(signal, say) })),
      { signal },
    );
    signal.throwIfAborted();
    await writeState(folder, { ...state, status: 'up' });
    return { changed: steps.map(({ title }) => title), warnings };
  } catch (error) {
    if (before?.status !== 'up' && begun) await takeBack(testbed, error);
    // What cannot even be planned has changed nothing.
    else if (before === undefined) {
      for (const { context } of partsOf(testbed)) await removeState(context.stateFolder);
      await removeState(folder);
    }
    throw error;
  }
}

/** What went wrong first is what is to be mended; that not all could be taken back is told beside it. */
async function takeBack(testbed: Testbed, reason: unknown): Promise<void> {
  try {
    await down(testbed);
  } catch (error) {
    if (!(reason instanceof TilebedError) || !(error instanceof TilebedError)) throw error;
    const hints = [reason.hint, error.hint].filter(Boolean).join('\n  hint: ');
    throw new TilebedError(reason.code, `${reason.message}\n  ${error.message}`, {
      ...(hints === '' ? {} : { hint: hints }),
      ...(reason.node === undefined ? {} : { node: reason.node }),
      cause: reason,
    });
  }
}

function changedProvider({ name }: Testbed, { provider }: TestbedState): TilebedError {
  return new TilebedError('FAILED', `${name} came up with the provider ${provider}`, {
    hint: 'take it down with `tilebed down`, which removes what that provider made',
  });
}

async function checkRequirements(provider: Provider, testbed: Testbed): Promise<void> {
  const missing = (await provider.requirements(testbed)).filter(({ ok }) => !ok);
  if (missing.length === 0) return;
  throw new TilebedError(
    'MISSING',
    `the provider ${provider.name} does not work on this machine: ${missing.map(describe).join('; ')}`,
    {
      hint: [...new Set(missing.flatMap(({ fix }) => fix ?? []))].join('; '),
    },
  );
}

function describe({ name, detail }: Requirement): string {
  return `${name}: ${detail}`;
}
