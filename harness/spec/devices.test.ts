/** What a device and a time scale make of a testbed's file. */
import { expect, test } from 'vitest';
import { SpecDocument } from './document.ts';
import { resolveTestbed } from './load-testbed.ts';

function testbed(provider: string, more = '', device = 'rpi3') {
  const text = `name: pis
provider: ${provider}
network: { subnet: 10.35.0.0/24, link: { rate: 40mbit, delay: 4ms } }
nodes:
  gateway: { role: gateway, address: 10.35.0.2 }
  edge0: { role: edge, address: 10.35.0.3, device: ${device} }
${more}`;
  return resolveTestbed(SpecDocument.parse(text, 'pis.yaml'));
}

test('a device on this machine takes as long as its profile says', () => {
  const [gateway, edge] = testbed('netns').nodes;
  expect(gateway!.plainMs).toBeUndefined();
  expect(edge!.plainMs).toBeCloseTo(13_560);
});

test('four times faster: devices, rates and delays', () => {
  const [, edge] = testbed('netns', 'timeScale: 4').nodes;
  expect(edge!.plainMs).toBeCloseTo(3390);
  expect(edge!.link).toEqual({ rateBitsPerSecond: 160e6, delayMs: 1 });
});

test('a device that stands there itself is not slowed down', () => {
  expect(testbed('ssh').nodes[1]!.plainMs).toBeUndefined();
});

test("profiles of one's own", () => {
  const mine = 'devices: { mine: { plainSeconds: 2 } }';
  expect(testbed('netns', mine, 'mine').nodes[1]!.plainMs).toBe(2000);
});
