/** The table of docs/testbeds.md, what each provider can, against the providers themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { Testbed } from '../spec/resolved.ts';
import type { Capability } from './provider.ts';
import { PROVIDERS, providerNamed } from './registry.ts';
import { capabilitiesOf } from './ssh/able.ts';
import { type HostFacts, parseFacts } from './ssh/facts.ts';
import type { ReachedNode } from './ssh/survey.ts';

const CAPABILITIES: Readonly<Record<string, readonly Capability[]>> = {
  '`cpus`': ['pin'],
  '`cpuQuota`, `memory`': ['quota', 'memory'],
  '`link.rate`': ['shape'],
  '`link.delay`, `jitter`, `loss`': ['delay'],
  'faults `freeze`, `slow`, `cut`': ['freeze', 'slow', 'cut'],
};
const LINKS = ['`link.rate`', '`link.delay`, `jitter`, `loss`', '`links`, `medium`'];

const ROWS = readFileSync(join(PACKAGE_ROOT, 'docs/testbeds.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, row, ...cells]) => [row!, cells.slice(0, -1)] as const);
const HEAD = ROWS.find(([row, cells]) => row === '' && cells[0]?.includes('`local`'))![1];

function cell(provider: string, row: string): string {
  const column = HEAD.findIndex((head) => head.startsWith(`[\`${provider}\`]`));
  return ROWS.find(([name]) => name === row)![1][column]!;
}

/** What the table says that is kept, by the kernel or the provider itself: by root, or by anybody. */
function kept(provider: string, isRoot: boolean): readonly Capability[] {
  return Object.entries(CAPABILITIES).flatMap(([row, all]) => {
    const text = cell(provider, row);
    if (text.startsWith('relay')) return [];
    if (isRoot || !text.includes('as root')) return all;
    return text.includes('the latter two as root') ? all.slice(0, -2) : [];
  });
}

function testbed(provider: string, providerBlock = {}): Testbed {
  const node = (name: string, role: 'edge' | 'gateway', last: number) => ({
    name,
    role,
    address: `10.85.91.${last}`,
    link: { rateBitsPerSecond: 1e6, delayMs: 1 },
  });
  return {
    name: provider,
    file: join(PACKAGE_ROOT, 'testbed.yaml'),
    text: '',
    seed: 1,
    provider: provider as Testbed['provider'],
    subnet: '10.85.91.0/24',
    tolerate: [],
    security: 'psk',
    nodes: [node('gateway', 'gateway', 2), node('edge0', 'edge', 3)],
    providerBlock,
  };
}

test('it has a column for every provider', () => {
  const pages = PROVIDERS.map(({ name }) => `[\`${name}\`](providers/${name}.md)`);
  expect(HEAD.toSorted()).toEqual(pages.toSorted());
});

test.each(PROVIDERS.map(({ name }) => name))('%s: what is tolerated, and what relays', (name) => {
  const { lenient, relayAddress } = providerNamed(name);
  const tolerated = Object.entries(CAPABILITIES).flatMap(([row, all]) =>
    all.filter((each) => cell(name, row).includes(`\`${each}\` is tolerated`)),
  );
  expect(tolerated).toEqual([...lenient]);
  expect(cell(name, '`links`, `medium`').includes('relay')).toBe(relayAddress !== undefined);
});

describe('ssh', () => {
  const able = (facts: Partial<HostFacts>) =>
    capabilitiesOf(
      {
        spec: testbed('ssh').nodes[1],
        facts: { ...parseFacts('', 0), ...facts },
        machine: { try: async () => ({ exitCode: 0 }) },
      } as unknown as ReachedNode,
      { id: '0123456789ab', label: 'here', folder: '/var/tmp/tilebed-x' },
    );
  const MACHINE = {
    systemd: 252,
    groups: 2,
    controllers: ['cpuset', 'cpu', 'memory'],
    hasTaskset: true,
    hasTc: true,
    hasIptables: true,
  } as const;

  test.each([true, false])('with root: %s', async (canBeRoot) => {
    const found = await able({ ...MACHINE, canBeRoot });
    expect([...found].toSorted()).toEqual(kept('ssh', canBeRoot).toSorted());
  });
});

describe('vagrant', () => {
  test.each(['libvirt', 'virtualbox'])('with %s', async (hypervisor) => {
    const { capabilities, relayAddress } = providerNamed('vagrant');
    const wanted = testbed('vagrant', { hypervisor });
    const isLibvirt = hypervisor === 'libvirt';
    expect(cell('vagrant', '`cpus`')).toContain('libvirt pins them');
    const pinned = kept('vagrant', true).filter((each) => each !== 'pin' || isLibvirt);
    expect([...(await capabilities(wanted))].toSorted()).toEqual(pinned.toSorted());
    for (const row of LINKS) expect(cell('vagrant', row)).toContain('not VirtualBox');
    const relays = relayAddress!({ testbed: wanted, stateFolder: '' }) !== undefined;
    expect(relays).toBe(isLibvirt);
  });
});
