import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressFault,
  formatAddress,
  parseAddress,
  parseSubnet,
  type Subnet,
} from './addresses.ts';

test('an address survives writing and reading', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (address) => {
      expect(parseAddress(formatAddress(address))).toBe(address);
    }),
  );
});

test.each(['1.2.3', '1.2.3.256', '1.2.3.4.5', 'a.b.c.d', '1.2.3.-4'])('%s is none', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

describe('a subnet', () => {
  test('has its own address, and room', () => {
    expect(parseSubnet('10.10.10.0/24')).toEqual({ network: 0x0a0a0a00, prefix: 24 });
    expect(parseSubnet('10.10.10.1/24')).toBe("the network's own address is 10.10.10.0/24");
    expect(parseSubnet('10.0.0.0/31')).toBe('a prefix from /8 to /30 is possible, not /31');
  });

  test('holds exactly the addresses between its first and its last', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 30 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: -2, max: 5 }),
        (prefix, anywhere, offset) => {
          const size = 2 ** (32 - prefix);
          const subnet: Subnet = { network: anywhere - (anywhere % size), prefix };
          expect(addressFault(subnet.network + offset, subnet) === undefined).toBe(
            offset > 0 && offset < size - 1,
          );
        },
      ),
    );
  });
});
