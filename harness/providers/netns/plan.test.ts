/** Plans as data: from nothing, from everything, and from what a killed `up` leaves. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linkLabel } from '../../machine/shaping.ts';
import { PACKAGE_ROOT } from '../../package-root.ts';
import { hostAddress, subnetOf } from '../../spec/addresses.ts';
import type { Testbed } from '../../spec/resolved.ts';
import { stepsText } from '../../testbeds/steps-text.ts';
import { checkSubnet } from './check-subnet.ts';
import { ownNames, portName } from './names.ts';
import { namespaceName, networkSteps } from './plan.ts';
import type { Interface, Snapshot } from './snapshot.ts';

const LINK = { rateBitsPerSecond: 40e6, delayMs: 3, jitterMs: 1, loss: 0.001 };
const TESTBED: Testbed = {
  name: 'two',
  file: '/srv/two.yaml',
  text: '',
  seed: 1,
  provider: 'netns',
  subnet: '10.10.10.0/24',
  tolerate: [],
  security: 'psk',
  nodes: [
    { name: 'gateway', role: 'gateway', address: '10.10.10.2', link: { rateBitsPerSecond: 1e8 } },
    { name: 'edge0', role: 'edge', address: '10.10.10.3', link: LINK },
    { name: 'edge1', role: 'edge', address: '10.10.10.254' },
  ],
  providerBlock: {},
};
const names = ownNames({ stateFolder: '/srv/.tilebed/two' });
const NOTHING: Snapshot = { interfaces: new Map(), namespaces: new Map(), forwards: false };
const able = new Set(['shape', 'delay'] as const);

function plan(snapshot: Snapshot, testbed = TESTBED) {
  return networkSteps(testbed, { names, snapshot, filtered: true, able });
}

/** All that the testbed wants, in place. */
function everything(): Snapshot {
  const subnet = subnetOf(TESTBED.subnet);
  const device = (found: Interface): [string, Interface] => [found.name, found];
  const lo = device({ name: 'lo', up: true, addresses: ['127.0.0.1/8'] });
  return {
    forwards: true,
    interfaces: new Map([
      lo,
      device({
        name: names.bridge,
        up: true,
        alias: names.label,
        addresses: ['10.10.10.253/24'],
      }),
      ...TESTBED.nodes.map(({ address, link }) =>
        device({
          name: portName(names, address, subnet),
          up: true,
          master: names.bridge,
          addresses: [],
          ...(link === undefined ? {} : { alias: linkLabel(link) }),
        }),
      ),
    ]),
    namespaces: new Map(
      TESTBED.nodes.map(({ name, address }) => [
        namespaceName(names, name),
        new Map([lo, device({ name: 'eth0', up: true, addresses: [`${address}/24`] })]),
      ]),
    ),
  };
}

describe('networkSteps', () => {
  test('from nothing: every command', async () => {
    const file = join(PACKAGE_ROOT, 'tests/golden/plans/netns.txt');
    await expect(`${stepsText(plan(NOTHING))}\n`).toMatchFileSnapshot(file);
  });

  test('from everything: nothing', () => {
    expect(plan(everything())).toEqual([]);
  });

  test('only what is missing', () => {
    const { interfaces, ...rest } = everything();
    const { bridge } = names;
    const down = new Map(interfaces).set(bridge, { ...interfaces.get(bridge)!, up: false });
    expect(plan({ ...rest, interfaces: down }).map(({ actions }) => actions)).toEqual([
      [['ip', 'link', 'set', bridge, 'up']],
    ]);
  });

  test('what the testbed no longer has goes first, and an old address with it', () => {
    const nodes = TESTBED.nodes.flatMap((node) => {
      if (node.name === 'edge1') return [];
      return [node.name === 'edge0' ? { ...node, address: '10.10.10.9' } : node];
    });
    const [strays, ...others] = plan(everything(), { ...TESTBED, nodes });
    expect(strays!.actions).toEqual([
      ['ip', 'link', 'delete', `${names.bridge}-3`],
      ['ip', 'link', 'delete', `${names.bridge}-72`],
      ['ip', 'netns', 'delete', namespaceName(names, 'edge1')],
    ]);
    expect(others.map(({ title }) => title)).toContain('connect edge0 at 10.10.10.9');
  });

  test('a link that is shaped no more is freed', () => {
    const nodes = TESTBED.nodes.map(({ link, ...node }) => node);
    const titles = plan(everything(), { ...TESTBED, nodes }).map(({ title }) => title);
    expect(titles).toEqual(['free the link of gateway', 'free the link of edge0']);
  });

  test('what the kernel cannot do to a link, and the testbed tolerates, is not tried', () => {
    const facts = { names, snapshot: NOTHING, filtered: false, able: new Set<never>() };
    const commands = networkSteps(TESTBED, facts).flatMap(({ actions }) => actions);
    expect(commands.filter(([program]) => program === 'tc')).toEqual([]);
    expect(commands.filter(([program]) => program === 'iptables')).toEqual([]);
  });
});

describe('names', () => {
  test('interfaces’ names fit into what the kernel keeps', () => {
    const last = portName(names, '10.255.255.254', subnetOf('10.0.0.0/8'));
    expect(last.length).toBeLessThanOrEqual(15);
    expect(names.bridge.length).toBeLessThanOrEqual(15);
  });

  test('this machine has the highest address that no node has', () => {
    expect(hostAddress(subnetOf('10.10.10.0/24'), TESTBED.nodes)).toBe('10.10.10.253');
    const full = [{ address: '10.0.0.1' }, { address: '10.0.0.2' }];
    expect(hostAddress(subnetOf('10.0.0.0/30'), full)).toBeUndefined();
  });

  test.each([
    ['10.10.10.77/32', true],
    ['10.10.0.1/16', true],
    ['10.10.11.1/24', false],
    ['127.0.0.1/8', false],
  ])('%s overlaps with 10.10.10.0/24: %s', (address, overlaps) => {
    const other = { name: 'eth9', up: true, addresses: [address] };
    const check = () => checkSubnet(TESTBED, names, { interfaces: new Map([['eth9', other]]) });
    if (overlaps) expect(check).toThrow(`overlaps with ${address}, which this machine has on eth9`);
    else expect(check).not.toThrow();
  });
});
