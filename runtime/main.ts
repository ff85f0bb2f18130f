/**
 * The runtime's entry on a node.
 *
 *   role     reads one line of JSON (roles/config.ts) from standard input, and plays that role
 *   probe    prints what this machine is, as JSON; with the name of an engine, tries that too
 *   speed    measures how fast a network's first layers are computed here
 *   link     serves or takes a measurement of the link between two nodes
 *   relay    reads one line of JSON (relay/config.ts), and shapes links until its input closes
 *   wait     does nothing until it is told to end: what a container lives by between roles
 *   verify   checks the bundle's files against their hashes
 *
 * What is large is loaded when it is asked for: a testbed's nodes are all verified at once, before every run.
 */

import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { tryEngine } from './engine/try-engine.ts';
import { TilebedError } from './errors.ts';
import { probe } from './probe.ts';
import type { RelayConfig, RelayReady } from './relay/config.ts';
import type { RoleConfig } from './roles/config.ts';
import type { RoleEvent } from './roles/events.ts';
import type { RoleContext } from './roles/role.ts';
import { ThermalWatch } from './thermal.ts';
import { verifyBundle } from './verify.ts';

// What nobody waits for fails as visibly as what somebody does.
process.once('uncaughtException', fail);

const [command, ...args] = process.argv.slice(2);
try {
  await runCommand(command);
} catch (error) {
  fail(error);
}

async function runCommand(name: string | undefined): Promise<void> {
  switch (name) {
    case 'role':
      return playRole();
    case 'probe':
      return printProbe(args[0]);
    case 'speed':
      return (await import('./speed-probe.ts')).probeSpeed(
        args[0] ?? '',
        Number(args[1]),
        args[2] ?? '',
      );
    case 'link':
      return (await import('./link-probe.ts')).probeLinks(args);
    case 'relay':
      return relay();
    case 'wait':
      return wait();
    case 'verify':
      return verifyBundle(new URL('.', import.meta.url));
    default:
      throw new TilebedError(
        'INPUT',
        `the runtime knows role, probe, speed, link, relay, wait and verify, not \`${name ?? ''}\``,
      );
  }
}

async function printProbe(engineName: string | undefined): Promise<void> {
  const { name, version } = engineName === undefined ? {} : await tryEngine(engineName);
  const engine = name === undefined || version === undefined ? undefined : { name, version };
  process.stdout.write(`${JSON.stringify({ ...probe(), ...(engine && { engine }) })}\n`);
}

async function relay(): Promise<void> {
  const { startRelay } = await import('./relay/relay.ts');
  const input = createInterface({ input: process.stdin });
  // Whoever started it holds the other end.
  input.once('close', () => process.exit(0));
  const config = await new Promise<RelayConfig>((resolve) => {
    input.once('line', (line) => resolve(JSON.parse(line) as RelayConfig));
  });
  try {
    // Whoever waits for a CPU delays what it forwards: only root may be preferred.
    setPriority(constants.priority.PRIORITY_HIGHEST);
  } catch {}
  const { endpoints } = await startRelay(config);
  const ready: RelayReady = { event: 'ready', endpoints };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

/** The first process of a container gets no signal that it does not ask for. */
function wait(): Promise<void> {
  const heartbeat = setInterval(() => {}, 2 ** 30);
  return new Promise((resolve) => {
    const end = () => {
      clearInterval(heartbeat);
      resolve();
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  });
}

async function playRole(): Promise<void> {
  const controller = new AbortController();
  const input = createInterface({ input: process.stdin });
  // Whoever started the role holds the other end: when it closes, nobody wants the role any more.
  input.once('close', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const config = await new Promise<RoleConfig>((resolve) => {
    input.once('line', (line) => resolve(JSON.parse(line) as RoleConfig));
  });
  const heat = new ThermalWatch();
  const context = {
    emit: (event: RoleEvent) =>
      process.stdout.write(`${JSON.stringify(withThermal(event, heat))}\n`),
    log: (line: string) =>
      process.stderr.write(`${new Date().toISOString()} ${config.name}: ${line}\n`),
    signal: controller.signal,
  };
  context.log(`starting as ${config.role}`);
  await runRole(config, context);
  controller.abort();
  input.removeAllListeners('close');
  input.close();
  process.stdin.destroy();
}

/** What a node counts does not know the machine that it runs on. */
function withThermal(event: RoleEvent, heat: ThermalWatch): RoleEvent {
  if (event.event !== 'statistics') return event;
  const thermal = heat.report();
  return thermal === undefined ? event : { ...event, statistics: { ...event.statistics, thermal } };
}

async function runRole(config: RoleConfig, context: RoleContext): Promise<void> {
  switch (config.role) {
    case 'edge':
      return (await import('./roles/edge.ts')).runEdge(config, context);
    case 'gateway':
      return (await import('./roles/gateway.ts')).runGateway(config, context);
    case 'host':
      return (await import('./roles/host.ts')).runHost(config, context);
    default:
      return config satisfies never;
  }
}

function fail(error: unknown): never {
  const known = error instanceof TilebedError;
  const event: RoleEvent = {
    event: 'error',
    code: known ? error.code : 'BUG',
    message: error instanceof Error ? error.message : String(error),
    ...(known && error.hint !== undefined ? { hint: error.hint } : {}),
  };
  process.stdout.write(`${JSON.stringify(event)}\n`);
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
