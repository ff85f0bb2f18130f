import { expect, test } from 'vitest';
import type { TestbedNode } from '../../spec/resolved.ts';
import { placeNodes } from './placement.ts';

const HOSTS = ['unix:///a', 'ssh://b'];

function node(name: string, host?: string): TestbedNode {
  const wish = host === undefined ? {} : { host };
  return { name, role: 'edge', address: '10.31.60.2', ...wish };
}

function placed(...nodes: TestbedNode[]) {
  const found = placeNodes(nodes, HOSTS);
  return Object.fromEntries([...found].map(([host, own]) => [host, own.map(({ name }) => name)]));
}

test('nodes without a wish go round', () => {
  expect(placed(node('a'), node('b'), node('c'))).toEqual({
    'unix:///a': ['a', 'c'],
    'ssh://b': ['b'],
  });
});

test('a wish is kept, and the others even it out', () => {
  const wish = (name: string) => node(name, 'ssh://b');
  expect(placed(wish('a'), wish('b'), node('c'), node('d'), node('e'))).toEqual({
    'unix:///a': ['c', 'd', 'e'],
    'ssh://b': ['a', 'b'],
  });
});
