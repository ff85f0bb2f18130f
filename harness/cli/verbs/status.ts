/** tilebed status */
import type { Command } from 'commander';
import { plainTable } from '../../../reports/table.ts';
import { loadLiveTestbed } from '../../testbeds/shape.ts';
import {
  type Health,
  type NodeStatus,
  type TestbedStatus,
  testbedStatus,
} from '../../testbeds/status.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

export const statusVerb: VerbSpec = {
  name: 'status',
  summary: 'show nodes, addresses, limits and health',
  examples: [
    ['tilebed status testbeds/local.yaml', 'a table'],
    ['tilebed status testbeds/local.yaml --format json', 'the same for a script'],
  ],
  define: (command: Command) => command.argument('<testbed>', 'a testbed file'),
  run: async ({ output }: VerbContext, file: string) => {
    const status = await testbedStatus(await loadLiveTestbed(file));
    output.result(status, statusText(status));
    return undefined;
  },
};

function statusText(status: TestbedStatus): string {
  const lines = [`${status.name} (${status.provider}) is ${status.status}`];
  if (status.outdated) lines.push('its file was changed since: `tilebed up` applies the changes');
  if (status.addressNote !== undefined) lines.push(`addresses: ${status.addressNote}`);
  const mixed = status.nodes.some(({ provider }) => provider !== undefined);
  const headers = [
    'node',
    'role',
    ...(mixed ? ['provider'] : []),
    'testbed address',
    'address',
    'cpus',
    'quota',
    'memory',
    'health',
  ];
  return [
    ...lines,
    '',
    plainTable(
      headers,
      status.nodes.map((node) => row(node, mixed)),
    ),
  ].join('\n');
}

function row(node: NodeStatus, mixed: boolean): string[] {
  const { name, role, testbedAddress, address, cpus, cpuQuota, memoryBytes, health } = node;
  const pinned = cpus?.join(',') ?? 'any';
  const quota = cpuQuota === undefined ? 'no limit' : `${cpuQuota} CPUs`;
  const memory = memoryBytes === undefined ? 'no limit' : `${memoryBytes / 2 ** 20} MiB`;
  const whose = mixed ? [node.provider ?? ''] : [];
  return [name, role, ...whose, testbedAddress, address, pinned, quota, memory, describe(health)];
}

function describe(health: Health): string {
  switch (health.kind) {
    case 'down':
      return 'down';
    case 'unreachable':
      return `does not answer: ${health.reason}`;
    case 'up':
      return 'up, without the runtime';
    case 'ready':
      return `ready, Node.js ${health.probe.nodeVersion.slice(1)} on ${health.probe.architecture}`;
    default:
      return health satisfies never;
  }
}
