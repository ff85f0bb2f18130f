/** Gives machines their testbed addresses by netplan, so that no mistake locks one out. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { netplanFaults } from '../../../netplan/check.ts';
import { type NetplanSettings, renderNetplan } from '../../../netplan/render.ts';
import { NETPLAN_COMMANDS, NETPLAN_FILE } from '../../../netplan/scripts.ts';
import { TilebedError } from '../../../runtime/errors.ts';
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';
import type { NetplanBlock } from '../../spec/ssh.ts';
import type { ProviderContext, Step } from '../provider.ts';
import { filePath, type OwnNames, ownNames, sshBlock } from './hosts.ts';
import { Machine } from './machine.ts';
import { joinErrors, type ReachedNode } from './survey.ts';

const DEFAULT_ROLLBACK_SECONDS = 60;
const BETWEEN_TRIES_MS = 1000;
/** For netplan to put back what there was: it counts from the end of a change that took as long. */
const ROLLBACK_GRACE_MS = 180_000;

/** None without the wish. Rejects with a TilebedError (INPUT) for addresses that cannot be. */
export async function addressSteps(
  context: ProviderContext,
  nodes: readonly ReachedNode[],
): Promise<readonly Step[]> {
  const { testbed } = context;
  const { netplan } = sshBlock(testbed);
  if (netplan === undefined) return [];
  const password = await wifiPassword(testbed, netplan);
  const wanted = nodes.map((node) => ({
    node,
    name: node.spec.name,
    settings: settingsOf(testbed, node.spec, netplan, password),
  }));
  const faults = netplanFaults(wanted);
  if (faults.length > 0) throw new TilebedError('INPUT', faults.join('\n  '));
  const changes = await Promise.all(
    wanted.map(({ node, settings }) => addressChange(node, settings, ownNames(context), netplan)),
  );
  const lacking = changes.filter(({ isDone }) => !isDone);
  return lacking.length === 0 ? [] : [changeStep(lacking)];
}

interface AddressChange {
  readonly name: string;
  readonly isDone: boolean;
  readonly actions: Step['actions'];
  apply(signal: AbortSignal): Promise<void>;
}

/** All machines at once: netplan takes its time, and none has to do with another. */
function changeStep(changes: readonly AddressChange[]): Step {
  return {
    title: `give addresses by netplan: ${changes.map(({ name }) => name).join(', ')}`,
    actions: changes.flatMap(({ actions }) => actions),
    done: async () => false,
    apply: async (signal, say) => {
      const waiting = new Set(changes.map(({ name }) => name));
      const outcomes = await Promise.allSettled(
        changes.map(async ({ name, apply }) => {
          await apply(signal);
          waiting.delete(name);
          if (waiting.size > 0) say?.(`waiting for ${[...waiting].join(', ')}`);
        }),
      );
      signal.throwIfAborted();
      const errors = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
      if (errors.length > 0) throw joinErrors(errors);
    },
  };
}

async function addressChange(
  node: ReachedNode,
  settings: NetplanSettings,
  { id, label }: OwnNames,
  { rollbackSeconds = DEFAULT_ROLLBACK_SECONDS }: NetplanBlock,
): Promise<AddressChange> {
  const { spec, machine, facts } = node;
  const { device, address } = settings;
  const text = renderNetplan(settings, label);
  const [found] = await machine.look([NETPLAN_FILE], { asRoot: true });
  const has = facts.interfaces.some(({ name, cidr }) => name === device && cidr === address);
  const where = `${machine.host.user}@${machine.host.address}`;
  return {
    name: spec.name,
    isDone: has && found?.kind === 'file' && found.text === text,
    actions: [
      ['write', `${where}:${NETPLAN_FILE}`, renderNetplan(masked(settings), label)],
      ['netplan', 'apply'],
      ['take', 'back', 'unless', 'confirmed', 'after', `${rollbackSeconds}s`],
    ],
    apply: async (signal) => {
      await machine.run(NETPLAN_COMMANDS.check, { asRoot: true, input: text, signal });
      const change = { device, address, seconds: rollbackSeconds, owner: id };
      const options = { asRoot: true, input: text, signal };
      await machine.run(NETPLAN_COMMANDS.apply(change), options);
      await confirm(node, rollbackSeconds, signal);
    },
  };
}

/**
 * Over the new address: what cannot be reached there is not confirmed, and taken back by the machine. Its
 * time runs from the end of a change that may itself take long, so the machine is asked, not the clock.
 */
async function confirm(
  { spec, machine }: ReachedNode,
  rollbackSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const { host } = machine;
  const there = new Machine(spec.name, { ...host, address: spec.address, knownAs: host.address });
  const rollbackMs = rollbackSeconds * 1000;
  const settled = new AbortController();
  const eitherSignal = AbortSignal.any([signal, settled.signal]);
  let last: unknown;
  const confirmed = repeatUntil(rollbackMs + ROLLBACK_GRACE_MS, eitherSignal, async () => {
    try {
      await there.run(NETPLAN_COMMANDS.confirm, { asRoot: true, signal: eitherSignal });
      return 'confirmed';
    } catch (error) {
      last = error;
      return undefined;
    }
  });
  const takenBack = delay(rollbackMs, undefined, { signal: eitherSignal }).then(() =>
    repeatUntil(ROLLBACK_GRACE_MS, eitherSignal, async () => {
      const asked = machine.try(NETPLAN_COMMANDS.takenBack, { asRoot: true, signal: eitherSignal });
      return (await asked.catch(() => undefined))?.exitCode === 0 ? 'taken back' : undefined;
    }),
  );
  const outcome = await Promise.race([confirmed, takenBack]);
  settled.abort();
  // The address of before may be gone, and the connection with it.
  await machine.transport.reconnect();
  if (outcome === 'confirmed') return;
  const reason = last instanceof Error ? last.message : 'no answer';
  throw new TilebedError(
    'FAILED',
    `${spec.name} did not answer at ${spec.address} within ${rollbackSeconds} s (${reason})${outcome === undefined ? '' : '; it is as it was before'}`,
    {
      node: spec.name,
      hint: `is \`interface\` the one with the cable, and does this machine reach ${spec.address}?`,
      cause: last,
    },
  );
}

/** Asks until there is an answer; undefined where there is none in time. */
async function repeatUntil<Answer>(
  patienceMs: number,
  signal: AbortSignal,
  ask: () => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const giveUpAt = performance.now() + patienceMs;
  while (performance.now() < giveUpAt) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(BETWEEN_TRIES_MS, undefined, { signal });
  }
  return undefined;
}

function settingsOf(
  { subnet }: Testbed,
  { address }: TestbedNode,
  { interface: device, gateway, nameservers, wifi }: NetplanBlock,
  password: string | undefined,
): NetplanSettings {
  return {
    device,
    address: `${address}/${subnet.split('/')[1]}`,
    ...(gateway === undefined ? {} : { gateway }),
    ...(nameservers === undefined ? {} : { nameservers }),
    ...(wifi === undefined
      ? {}
      : { wifi: { ssid: wifi.ssid, ...(password === undefined ? {} : { password }) } }),
  };
}

function masked(settings: NetplanSettings): NetplanSettings {
  const { wifi } = settings;
  return wifi?.password === undefined
    ? settings
    : { ...settings, wifi: { ...wifi, password: '(not shown)' } };
}

async function wifiPassword(testbed: Testbed, { wifi }: NetplanBlock): Promise<string | undefined> {
  if (wifi?.passwordFile === undefined) return undefined;
  const path = filePath(testbed, wifi.passwordFile);
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new TilebedError('INPUT', `cannot read the Wi-Fi password: ${cause.message}`, { cause });
  });
  return text.replace(/\r?\n$/, '');
}
