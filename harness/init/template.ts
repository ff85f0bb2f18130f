/**
 * The text of a new testbed file: what one would have written by hand, with what else is possible as
 * comments. Every text is checked against the schema before it is written, and by a test.
 */
import type { ProviderName } from '../spec/testbed.ts';
import { addressAt } from './choose-subnet.ts';
import type { ScannedHost } from './scan-hosts.ts';

export interface NewTestbed {
  readonly provider: ProviderName;
  readonly name: string;
  readonly subnet: string;
  readonly edges: number;
  /** Where an editor finds the schema. */
  readonly schema?: string;
  /** Of the provider ssh: the first is the gateway. */
  readonly hosts?: readonly ScannedHost[];
  /** The hosts keep the addresses that they have. */
  readonly keepAddresses?: boolean;
}

const ABOUT: Readonly<Record<ProviderName, string>> = {
  local: 'A gateway and edges as processes of this machine.',
  netns: 'A gateway and edges as network namespaces of this machine.',
  docker: 'A gateway and edges as containers.',
  vagrant: 'A gateway and edges as virtual machines.',
  ssh: 'A gateway and edges on machines of their own.',
};

const NEEDS: Readonly<Record<ProviderName, string>> = {
  local: 'needs nothing; limits of memory and CPU time need root',
  netns: 'needs root and iproute2',
  docker: 'needs a Docker engine',
  vagrant: 'needs Vagrant, and VirtualBox or libvirt',
  ssh: 'needs machines that you can log in to by key',
};

/** What takes a relay on this machine, which VirtualBox's machines do not reach. */
const RELAYED = [
  '  # links: [{ between: [edge0, edge1], delay: 20ms }] # in addition, between these two',
  '  # medium: { rate: 25mbit } # one half-duplex medium for all, as a Wi-Fi cell is',
];

export function testbedText(testbed: NewTestbed): string {
  const { provider, name, subnet, schema } = testbed;
  return [
    ...(schema === undefined ? [] : [`# yaml-language-server: $schema=${schema}`]),
    `# \`tilebed validate\` checks this file; every key: docs/testbeds.md, docs/providers/${provider}.md`,
    `name: ${name}`,
    `description: ${ABOUT[provider]}`,
    `provider: ${provider} # ${NEEDS[provider]}`,
    'network:',
    `  subnet: ${subnet}${subnetComment(testbed)}`,
    '  # link: { rate: 40mbit, delay: 3ms } # of every node; `tilebed shape verify` measures it',
    ...(provider === 'vagrant' ? [] : RELAYED),
    ...limitComments(provider),
    'nodes:',
    ...nodeLines(testbed),
    ...blockLines(testbed),
    '',
  ].join('\n');
}

function subnetComment({ provider, subnet, keepAddresses }: NewTestbed): string {
  switch (provider) {
    case 'local':
      return ` # on this machine: ${subnet.replace(/^\d+/, '127')}`;
    case 'netns':
      return ' # must be free on this machine, which gets its highest free address';
    case 'docker':
      return ' # must be free on the engine’s machine';
    case 'vagrant':
      return ' # must be free on this machine';
    case 'ssh':
      return keepAddresses === true
        ? ' # the machines’ own: their addresses stay as they are'
        : ' # the nodes’ own, beside the addresses by which you reach the machines';
    default:
      return provider satisfies never;
  }
}

function limitComments(provider: ProviderName): readonly string[] {
  if (provider === 'vagrant') return ['# defaults: { cpuQuota: 25%, memory: 1GiB }'];
  return [
    '# defaults: { cpuQuota: 25%, memory: 512MiB } # of every node that does not say otherwise',
  ];
}

function nodeLines({ provider, subnet, edges, hosts = [], keepAddresses }: NewTestbed) {
  const count = hosts.length > 0 ? hosts.length : edges + 1;
  return Array.from({ length: count }, (_, index) => {
    const role = index === 0 ? 'gateway' : 'edge';
    const host = hosts[index];
    const address =
      keepAddresses === true && host?.address !== undefined
        ? host.address
        : addressAt(subnet, index + 2);
    const limits = provider === 'vagrant' ? ', memory: 1GiB' : '';
    const comment = index === 1 && provider !== 'vagrant' ? ' # cpus: [0] pins it to a CPU' : '';
    return `  ${nodeName(index)}: { role: ${role}, address: ${address}${limits} }${comment}`;
  });
}

function nodeName(index: number): string {
  return index === 0 ? 'gateway' : `edge${index - 1}`;
}

function blockLines(testbed: NewTestbed): readonly string[] {
  switch (testbed.provider) {
    case 'docker':
      return ['# docker: { base: debian:stable-slim } # engine, image: docs/providers/docker.md'];
    case 'vagrant':
      return ['vagrant:', '  hypervisor: virtualbox # or libvirt', '  # box: generic/debian12'];
    case 'ssh':
      return sshLines(testbed);
    default:
      return [];
  }
}

function sshLines({ hosts = [], edges, keepAddresses }: NewTestbed): readonly string[] {
  const users = new Set(hosts.map(({ user }) => user));
  const [user] = users;
  const shared = users.size === 1 && user !== undefined;
  const reached =
    hosts.length > 0
      ? hosts
      : Array.from({ length: edges + 1 }, (_, index): ScannedHost => {
          return { host: `192.168.1.${index + 10}`, port: 22 };
        });
  return [
    'ssh:',
    shared ? `  user: ${user}` : '  # user: pi # default: your own name',
    '  # key: ~/.ssh/id_ed25519 # default: the agent, and the usual files',
    `  hosts: # where each node is reached${hosts.length > 0 ? '' : ': put your machines here'}`,
    ...reached.map((host, index) => {
      const { problem } = host;
      const own = shared || host.user === undefined ? '' : `, user: ${host.user}`;
      const port = host.port === 22 ? '' : `, port: ${host.port}`;
      const note = problem === undefined ? '' : ` # did not answer: ${problem}`;
      return `    ${nodeName(index)}: { address: ${host.host}${own}${port} }${note}`;
    }),
    ...(keepAddresses === true
      ? []
      : [
          '  # netplan: { interface: eth0 } # gives the machines the addresses above, and takes them back',
        ]),
  ];
}
