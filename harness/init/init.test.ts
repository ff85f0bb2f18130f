import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadTestbed } from '../spec/load-testbed.ts';
import { PROVIDER_NAMES } from '../spec/testbed.ts';
import { commonSubnet, freeSubnet } from './choose-subnet.ts';
import { type InitOptions, writeNewTestbed } from './init.ts';
import { parseHost, scanHosts } from './scan-hosts.ts';

let folder: string;
const servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-init-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(folder, { recursive: true });
});

function init(options: Partial<InitOptions>) {
  const file = join(folder, 'My Rack.yaml');
  return writeNewTestbed({ file, provider: 'local', edges: 2, hosts: [], ...options });
}

/** Speaks as an SSH server would, or otherwise; returns the port. */
async function server(address: string, says: string): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).end(says)).listen(
    0,
    address,
  );
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as { port: number }).port;
}

describe('a new testbed file', () => {
  test.each(PROVIDER_NAMES)(
    'of the provider %s is valid, and has the edges asked for',
    async (provider) => {
      const { file } = await init({ provider, edges: 3 });
      const testbed = await loadTestbed(file);
      expect(testbed).toMatchObject({ name: 'my-rack', provider });
      expect(testbed.nodes.map(({ name }) => name)).toEqual(['gateway', 'edge0', 'edge1', 'edge2']);
    },
  );

  test.each(PROVIDER_NAMES)(
    'of the provider %s stays valid with what stands in its comments',
    async (provider) => {
      const { file } = await init({ provider });
      const text = await readFile(file, 'utf8');
      const open = text.replaceAll(
        /^( *)# (link|links|medium|defaults|user|key|netplan|box|docker):/gm,
        '$1$2:',
      );
      expect(open).toMatch(/^ {2}link:/m);
      await writeFile(file, open);
      const testbed = await loadTestbed(file);
      expect(testbed.nodes[0]!.link).toEqual({ rateBitsPerSecond: 40e6, delayMs: 3 });
      expect(testbed.nodes[0]!.cpuQuota).toBe(0.25);
    },
  );

  test('is never written over one that is there', async () => {
    const { file } = await init({});
    await writeFile(file, 'mine');
    await expect(init({})).rejects.toThrow('is there already');
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  test('that would be no testbed is not written at all', async () => {
    await expect(init({ name: 'No Name' })).rejects.toThrow('`name`');
    await expect(init({ subnet: '10.0.0.0/30' })).rejects.toThrow('10.0.0.0/30');
    await init({});
  });
});

describe('hosts', () => {
  test('that answer as SSH servers are told from others', async () => {
    const ssh = await server('127.0.0.1', 'SSH-2.0-OpenSSH_9.2p1 Debian\r\n');
    const other = await server('127.0.0.1', 'HTTP/1.0 400 Bad Request\r\n\r\n');
    const scanned = await scanHosts([
      { host: 'localhost', port: ssh },
      { host: '127.0.0.1', port: other },
      { host: '127.0.0.1', port: 1 },
      { host: 'no-such-host.invalid', port: 22 },
    ]);
    expect(scanned.map(({ greeting }) => greeting)).toEqual([
      'SSH-2.0-OpenSSH_9.2p1 Debian',
      undefined,
      undefined,
      undefined,
    ]);
    expect(scanned.map(({ problem }) => problem)).toEqual([
      undefined,
      'it is no SSH server: it hung up',
      expect.stringContaining('ECONNREFUSED'),
      'there is no host of that name',
    ]);
  });

  test('of one subnet keep their addresses; the first is the gateway', async () => {
    const port = await server('127.0.9.1', 'SSH-2.0-x\r\n');
    const hosts = [
      { host: '127.0.9.1', port, user: 'pi' },
      { host: '127.0.9.2', port, user: 'pi' },
    ];
    const { file } = await init({ provider: 'ssh', hosts });
    const { subnet, nodes, providerBlock } = await loadTestbed(file);
    expect(subnet).toBe('127.0.9.0/24');
    expect(nodes.map(({ name, address }) => [name, address])).toEqual([
      ['gateway', '127.0.9.1'],
      ['edge0', '127.0.9.2'],
    ]);
    expect(providerBlock).toEqual({
      user: 'pi',
      hosts: { gateway: { address: '127.0.9.1', port }, edge0: { address: '127.0.9.2', port } },
    });
    expect(await readFile(file, 'utf8')).toMatch(/edge0: .* # did not answer: .*ECONNREFUSED/);
  });

  test('of several get addresses in a subnet of their own', async () => {
    const hosts = ['127.0.9.1', '127.0.8.1'].map((host) => ({ host, port: 1 }));
    const { file } = await init({ provider: 'ssh', hosts, subnet: '10.20.0.0/24' });
    const { nodes } = await loadTestbed(file);
    expect(nodes.map(({ address }) => address)).toEqual(['10.20.0.2', '10.20.0.3']);
  });

  test('are of the provider ssh, and two at least', async () => {
    const host = { host: '127.0.0.1', port: 1 };
    await expect(init({ hosts: [host, host] })).rejects.toThrow('hosts belong to the provider ssh');
    await expect(init({ provider: 'ssh', hosts: [host] })).rejects.toThrow('two hosts');
  });

  test.each([
    ['pi@10.0.0.4:2222', { user: 'pi', host: '10.0.0.4', port: 2222 }],
    ['rack-3.local', { host: 'rack-3.local', port: 22 }],
    ['a b', undefined],
    ['-oProxyCommand=x', undefined],
    ['x: {y}', undefined],
  ])('%s', (text, host) => {
    expect(parseHost(text)).toEqual(host);
  });
});

test('a subnet is chosen that meets none that is there', () => {
  expect(freeSubnet([])).toBe('10.10.10.0/24');
  expect(freeSubnet(['10.10.10.1/24', '10.10.11.200/30'])).toBe('10.10.12.0/24');
  expect(freeSubnet(['10.10.0.1/20'])).toBe('10.10.16.0/24');
  expect(commonSubnet(['10.0.0.4', '10.0.0.9'])).toBe('10.0.0.0/24');
  expect(commonSubnet(['10.0.0.4', '10.0.1.9'])).toBeUndefined();
});
