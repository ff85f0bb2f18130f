/** Strangers with wrong keys, a thousand of them: they learn nothing, and nothing of them stays. */
import { connect as connectTls } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { joinHost, newKey, until } from '../testing/peers.ts';
import { closeAll, helloBytes, openHost } from '../testing/strangers.ts';
import { clientTls } from './security.ts';

afterEach(closeAll);

const CROWD = 1000;
const AT_ONCE = 25;
const MEBIBYTE = 2 ** 20;

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.includes('TCPSocket')).length;
}

test(`${CROWD} wrong keys leave no connection and no memory behind`, async () => {
  const key = newKey();
  const host = await openHost({ security: key });
  const { address, port } = host.endpoint;
  const heard: Buffer[] = [];
  const attempt = () =>
    new Promise<void>((resolve) => {
      const socket = connectTls({ host: address, port, ...clientTls(newKey(), 'edge0') });
      socket.write(helloBytes());
      socket.on('data', (bytes) => heard.push(bytes));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
  const crowd = async (count: number) => {
    for (let done = 0; done < count; done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, attempt));
    }
  };
  await crowd(CROWD / 4);
  const [socketsBefore, bytesBefore] = [openSockets(), process.memoryUsage().rss];
  await crowd((3 * CROWD) / 4);
  await until(() => host.refusals.length === CROWD && openSockets() <= socketsBefore);
  expect(process.memoryUsage().rss - bytesBefore).toBeLessThan(48 * MEBIBYTE);
  expect(heard).toEqual([]);
  expect(host.peers).toEqual([]);
  expect(host.traffic.receivedBytes).toBe(0);
  // Who has the key comes in as before.
  const peer = await joinHost(host, { security: key });
  expect(host.peers).toHaveLength(1);
  peer.destroy();
});
