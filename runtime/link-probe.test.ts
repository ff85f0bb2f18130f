import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { MAX_PROBE_BYTES, measureLink, serveLinkProbes } from './link-probe.ts';

test('a link is measured both ways', async () => {
  const port = await serveLinkProbes('127.0.0.1');
  const { roundTripMs, sendBitsPerSecond, receiveBitsPerSecond } = await measureLink(
    '127.0.0.1',
    port,
    2 ** 20,
  );
  expect(roundTripMs).toBeGreaterThan(0);
  expect(sendBitsPerSecond).toBeGreaterThan(1e6);
  expect(receiveBitsPerSecond).toBeGreaterThan(1e6);
});

test('nobody there is an error with a sentence', async () => {
  await expect(measureLink('127.0.0.1', 1, 1000)).rejects.toThrow(
    'cannot measure the link to 127.0.0.1',
  );
});

test.each([
  ['an unknown verb', Buffer.from('x\0\0\0\x01')],
  ['more bytes than a probe may have', Buffer.from('r\xff\xff\xff\xff', 'latin1')],
])('%s closes the connection', async (_, bytes) => {
  expect(MAX_PROBE_BYTES).toBeLessThan(2 ** 32 - 1);
  const port = await serveLinkProbes('127.0.0.1');
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(bytes);
  socket.on('error', () => {});
  expect(await text(socket).catch(() => '')).toBe('');
});
