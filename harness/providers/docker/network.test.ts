import { expect, test } from 'vitest';
import type { TestbedNode } from '../../spec/resolved.ts';
import { engineRange } from './network.ts';

const at = (address: string): TestbedNode => ({ name: 'n', role: 'edge', address });

test('engines have their own addresses at the end of the subnet, or where no node is', () => {
  const nodes = [at('10.31.60.2'), at('10.31.60.3')];
  expect(engineRange({ subnet: '10.31.60.0/24', nodes }, 2)).toBe('10.31.60.248/29');
  const high = [...nodes, at('10.31.60.250')];
  expect(engineRange({ subnet: '10.31.60.0/24', nodes: high }, 2)).toBe('10.31.60.240/29');
  expect(engineRange({ subnet: '10.31.60.0/24', nodes }, 6)).toBe('10.31.60.240/28');
});

test('a subnet without room for them', () => {
  const nodes = [at('10.31.60.2'), at('10.31.60.9')];
  expect(engineRange({ subnet: '10.31.60.0/28', nodes }, 2)).toBeUndefined();
  expect(engineRange({ subnet: '10.31.60.0/29', nodes: [] }, 2)).toBe('10.31.60.0/29');
  expect(engineRange({ subnet: '10.31.60.0/30', nodes: [] }, 2)).toBeUndefined();
});
