/** Whether a machine can be the node that the testbed wants: everything that is wrong with it, at once. */

import { TilebedError } from '../../../runtime/errors.ts';
import { isNewEnough, OLDEST_NODE_TEXT } from '../../deployables/node.ts';
import { platformOf } from '../../deployables/platforms.ts';
import type { Testbed } from '../../spec/resolved.ts';
import type { SshBlock } from '../../spec/ssh.ts';
import { megabytesText } from '../../spec/units.ts';
import { sshBlock } from './hosts.ts';
import type { ReachedNode } from './survey.ts';

export interface Problem {
  readonly message: string;
  /** The command or action that mends it. */
  readonly hint?: string;
}

/** For Node.js, the engine and a model. */
const LEAST_FREE_BYTES = 300e6;

/** Throws a TilebedError (FAILED) that tells of every machine and everything. */
export function checkSuitable(nodes: readonly ReachedNode[], testbed: Testbed): void {
  const problems = nodes.flatMap((node) =>
    problemsOf(node, testbed).map(({ message, hint }) => ({
      message: `${node.spec.name}: ${message}`,
      hint,
    })),
  );
  if (problems.length === 0) return;
  const hints = new Set(problems.flatMap(({ hint }) => hint ?? []));
  throw new TilebedError('FAILED', problems.map(({ message }) => message).join('\n  '), {
    hint: [...hints].join('\n  hint: '),
  });
}

/** What keeps the machine from being that node. */
export function problemsOf(node: ReachedNode, testbed: Testbed): readonly Problem[] {
  const block = sshBlock(testbed);
  return [
    ...nodeProblems(node, block),
    ...addressProblems(node, testbed, block),
    ...rightProblems(node, block),
    ...cpuProblems(node),
    ...memoryProblems(node),
  ];
}

function nodeProblems({ facts }: ReachedNode, { node = 'bundled' }: SshBlock): readonly Problem[] {
  if (node !== 'bundled') {
    const { nodeVersion } = facts;
    const hint = 'leave `node` out of the block `ssh`, and tilebed brings its own';
    if (nodeVersion === undefined) return [{ message: `there is no Node.js at ${node}`, hint }];
    if (isNewEnough(nodeVersion)) return [];
    const message = `Node.js ${nodeVersion} is too old, ${OLDEST_NODE_TEXT} is needed`;
    return [{ message, hint }];
  }
  const platform = platformOf(facts.architecture);
  if (platform === undefined) {
    return [
      {
        message: `there is no Node.js for ${facts.architecture}`,
        hint: 'a 64-bit or armv7 system is needed: x86_64, aarch64 or armv7l',
      },
    ];
  }
  if (!facts.libc.startsWith('glibc')) {
    return [
      {
        message: 'the system is not built on glibc, as Node.js needs',
        hint: 'install Node.js from the system’s own packages, and give its path as `node`',
      },
    ];
  }
  if (facts.nodeVersion !== undefined || facts.freeBytes >= LEAST_FREE_BYTES) return [];
  return [
    {
      message: `the disk is nearly full: ${megabytesText(facts.freeBytes)} are free in /var/tmp, ${megabytesText(LEAST_FREE_BYTES)} are needed`,
      hint: 'free some space there: `df -h` tells where',
    },
  ];
}

function addressProblems(
  { facts, spec }: ReachedNode,
  { subnet }: Testbed,
  { netplan }: SshBlock,
): readonly Problem[] {
  if (netplan !== undefined) {
    return facts.hasNetplan
      ? []
      : [
          {
            message: 'there is no netplan',
            hint: 'install it (`sudo apt install netplan.io`), or give the addresses otherwise and leave `netplan` out',
          },
        ];
  }
  const prefix = subnet.split('/')[1];
  const own = facts.interfaces.map(({ cidr }) => cidr);
  if (own.some((cidr) => cidr.split('/')[0] === spec.address)) return [];
  return [
    {
      message: `the machine does not have the address ${spec.address}; it has ${own.filter((cidr) => !cidr.startsWith('127.')).join(', ')}`,
      hint: `give it ${spec.address}/${prefix}, correct the file, or let tilebed do it: \`ssh: { netplan: { interface: eth0 } }\``,
    },
  ];
}

function rightProblems({ facts, machine }: ReachedNode, block: SshBlock): readonly Problem[] {
  if (facts.canBeRoot) return [];
  const wishes = [
    ...(block.netplan === undefined ? [] : ['to set addresses']),
    ...(block.governor === undefined ? [] : ['to set the governor']),
  ];
  if (wishes.length === 0) return [];
  return [
    {
      message: `${machine.host.user} must become root ${wishes.join(' and ')}, and may not without a password`,
      hint: `there: \`echo '${machine.host.user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/tilebed\``,
    },
  ];
}

function cpuProblems({ facts, spec }: ReachedNode): readonly Problem[] {
  const missing = (spec.cpus ?? []).find((cpu) => cpu >= facts.cpus);
  if (missing === undefined) return [];
  return [{ message: `is to be pinned to CPU ${missing}, but has CPUs 0 to ${facts.cpus - 1}` }];
}

function memoryProblems({ facts, spec }: ReachedNode): readonly Problem[] {
  const { memoryBytes } = spec;
  if (memoryBytes === undefined) return [];
  if (memoryBytes > facts.memoryBytes) {
    const [wanted, there] = [megabytesText(memoryBytes), megabytesText(facts.memoryBytes)];
    return [{ message: `is to have ${wanted} of memory, but has ${there}` }];
  }
  if (facts.groups === undefined || facts.controllers.includes('memory')) return [];
  return [
    {
      message: 'its kernel keeps no memory limits',
      hint: 'on Raspberry Pi OS: add `cgroup_enable=memory` to the line in /boot/firmware/cmdline.txt there, and reboot',
    },
  ];
}
