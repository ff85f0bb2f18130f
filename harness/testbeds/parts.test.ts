import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SpecDocument } from '../spec/document.ts';
import { resolveTestbed } from '../spec/load-testbed.ts';
import { isMixed, partsFor, partsOf, providersText, relayAddresses } from './parts.ts';

function testbed(edge1: string, more = '', network = '', address = '10.0.0.4') {
  const text = `name: test
provider: netns
network: { subnet: 10.0.0.0/24, medium: { rate: 5mbit }${network} }
nodes:
  gateway: { role: gateway, address: 10.0.0.2 }
  edge0: { role: edge, address: 10.0.0.3, provider: netns }
  edge1: { role: edge, address: ${address}${edge1} }
${more}`;
  return resolveTestbed(SpecDocument.parse(text, '/tmp/x/test.yaml'));
}

describe('a testbed of one provider', () => {
  test('is one part, as it is', () => {
    const plain = testbed('');
    const [part, ...more] = partsOf(plain);
    expect(more).toEqual([]);
    expect(part!.context).toEqual({ testbed: plain, stateFolder: '/tmp/x/.tilebed/test' });
    expect([providersText(plain), isMixed(plain)]).toEqual(['netns', false]);
  });
});

describe('a testbed of several', () => {
  const mixed = testbed(', provider: local');

  test('has a part for each, with its own nodes and its own state', () => {
    const parts = partsOf(mixed);
    expect(parts.map(({ provider }) => provider.name)).toEqual(['netns', 'local']);
    expect(parts.map(({ context }) => context.testbed.nodes.map(({ name }) => name))).toEqual([
      ['gateway', 'edge0'],
      ['edge1'],
    ]);
    const folder = '/tmp/x/.tilebed/test/parts';
    expect(parts.map(({ context }) => context.stateFolder)).toEqual([
      join(folder, 'netns'),
      join(folder, 'local'),
    ]);
    // What lies between nodes is no part's.
    expect(parts[0]!.context.testbed).not.toHaveProperty('medium');
  });

  test('is found by what it was when it came up', () => {
    expect(partsFor(mixed, 'local').map(({ context }) => context.stateFolder)).toEqual([
      '/tmp/x/.tilebed/test',
    ]);
  });

  test('meets at addresses of this machine, one for each network', () => {
    expect([...relayAddresses(mixed)!]).toEqual([
      ['netns', '10.0.0.254'],
      ['local', '127.0.0.1'],
    ]);
  });

  test('cannot have two networks of the same subnet', () => {
    expect(() => relayAddresses(testbed(', provider: docker'))).toThrow(
      'netns and docker would each have a network of 10.0.0.0/24',
    );
  });

  test('can have several subnets, one for each provider', () => {
    const two = testbed(', provider: docker', '', ', subnets: { docker: 10.1.0.0/24 }', '10.1.0.4');
    expect(partsOf(two).map(({ context }) => context.testbed.subnet)).toEqual([
      '10.0.0.0/24',
      '10.1.0.0/24',
    ]);
    expect([...relayAddresses(two)!]).toEqual([
      ['netns', '10.0.0.254'],
      ['docker', '10.1.0.254'],
    ]);
    const overlapping = ', subnets: { docker: 10.0.0.0/16 }';
    expect(() => relayAddresses(testbed(', provider: docker', '', overlapping))).toThrow(
      'would each have a network of 10.0.0.0/24 and 10.0.0.0/16, which overlap',
    );
  });

  test('takes the blocks of all that it uses, and no other', () => {
    const docker = testbed(', provider: docker', 'docker: {}');
    expect(docker.blocks).toEqual({ netns: {}, docker: {} });
    expect(() => testbed(', provider: local', 'ssh: { user: pi }')).toThrow(
      "this block belongs to the provider ssh, but the nodes' are netns and local",
    );
  });
});
