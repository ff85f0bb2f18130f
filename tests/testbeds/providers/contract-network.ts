/** Every node is reached at its own address, from the others and from this machine. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { ProvisionedNode } from '../../../harness/providers/provider.ts';
import { type ProviderUnderTest, threeNodes } from './provider-under-test.ts';
import { upTestbed } from './up-testbed.ts';

/** Answers each connection with its own address and whom it sees, and tells its port. */
const SERVER = `const [address] = process.argv.slice(1);
const server = require('node:net').createServer((socket) =>
  socket.end(address + ' sees ' + socket.remoteAddress));
server.listen(0, address, () => console.log(server.address().port));`;
const CLIENT = `const [address, port, own] = process.argv.slice(1);
const socket = require('node:net').connect({ host: address, port, localAddress: own });
socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
socket.pipe(process.stdout);`;

export function networkContract(provider: ProviderUnderTest): void {
  const { subnets, able, apart = false } = provider;
  describe('addresses', () => {
    const testbed = provider.shared ?? upTestbed(provider, threeNodes(subnets[0]));

    async function serve(node: ProvisionedNode) {
      const child = await node.transport.spawn([node.node, '-e', SERVER, node.address]);
      const [port] = await once(createInterface({ input: child.stdout }), 'line');
      return { port: Number(port), end: () => child.kill('SIGKILL') };
    }

    function ask(from: ProvisionedNode, to: ProvisionedNode, port: number) {
      const argv = [from.node, '-e', CLIENT, to.address, String(port), from.address];
      return from.transport.exec(argv);
    }

    test('node to node, both ways, as itself', async () => {
      const [a, b] = [testbed.node('gateway'), testbed.node('edge0')];
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const { port, end } = await serve(to);
        expect((await ask(from, to, port)).stdout).toBe(`${to.address} sees ${from.address}`);
        await end();
      }
    });

    const whereReached = apart ? () => {} : test;
    whereReached('this machine reaches the gateway', async () => {
      const gateway = testbed.node('gateway');
      const { port, end } = await serve(gateway);
      const answer = await text(connect({ host: gateway.address, port, timeout: 5000 }));
      expect(answer).toContain(`${gateway.address} sees `);
      await end();
    });

    if (able.includes('cut')) {
      test('a node that is cut off hears nothing until it is not', async () => {
        const [a, b] = [testbed.node('gateway'), testbed.node('edge0')];
        const { port, end } = await serve(b);
        const mend = await b.faults.cut();
        const { exitCode, stdout, stderr } = await ask(a, b, port);
        expect({ stdout, failed: exitCode !== 0 }).toEqual({ stdout: '', failed: true });
        expect(stderr).toContain('no answer');
        await mend();
        expect((await ask(a, b, port)).stdout).toContain(' sees ');
        await end();
      });
    }
  });
}
