/** What is rendered is what netplan understands, and what it does not see is seen here. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { netplanFaults } from './check.ts';
import { type NetplanSettings, renderNetplan } from './render.ts';

const WIRED: NetplanSettings = { device: 'eth0', address: '10.10.10.3/24' };
const WIRELESS: NetplanSettings = {
  ...WIRED,
  device: 'wlan0',
  gateway: '10.10.10.1',
  nameservers: ['10.10.10.1', 'fd00::1'],
  wifi: { ssid: "The Cat's: 5 GHz #1", password: '"p\\ss: {word}' },
};

const hasNetplan = spawnSync('netplan', ['--help']).status === 0;

describe.runIf(hasNetplan)('through `netplan generate`', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tilebed-netplan-'));
    mkdirSync(join(root, 'etc/netplan'), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function generate(settings: NetplanSettings): string {
    const file = join(root, 'etc/netplan/60-tilebed.yaml');
    writeFileSync(file, renderNetplan(settings, 'a test'), { mode: 0o600 });
    const { status, stderr } = spawnSync('netplan', ['generate', '--root-dir', root]);
    expect({ status, said: stderr.toString() }).toEqual({ status: 0, said: '' });
    const name = `run/systemd/network/10-netplan-${settings.device}.network`;
    return readFileSync(join(root, name), 'utf8');
  }

  test('an Ethernet interface has its address, and no other', () => {
    const network = generate(WIRED);
    expect(network.match(/^(Address|DHCP|Gateway)=.*$/gm)).toEqual(['Address=10.10.10.3/24']);
  });

  test('a Wi-Fi interface has its network, however odd its name and password', () => {
    const network = generate(WIRELESS);
    expect(network).toContain('Gateway=10.10.10.1');
    expect(network).toContain('DNS=fd00::1');
    const access = execFileSync('cat', [join(root, 'run/netplan/wpa-wlan0.conf')]).toString();
    expect(access).toContain("The Cat's: 5 GHz #1");
  });
});

describe('what netplan does not see', () => {
  const faults = (...all: NetplanSettings[]) =>
    netplanFaults(all.map((settings, index) => ({ name: `edge${index}`, settings })));

  test('what is well is well', () => {
    expect(faults(WIRED, { ...WIRELESS, address: '10.10.10.4/24' })).toEqual([]);
  });

  test.each([
    ['a router elsewhere', { ...WIRED, gateway: '10.10.11.1' }, 'lies outside the subnet'],
    ['a machine as its own router', { ...WIRED, gateway: '10.10.10.3' }, 'its own router'],
    ['a router that is none', { ...WIRED, gateway: '10.10.10.300' }, 'no IPv4 address'],
    ['a broadcast address', { ...WIRED, address: '10.10.10.255/24' }, 'broadcast'],
    ['no prefix', { ...WIRED, address: '10.10.10.3' }, 'no address with a prefix'],
    ['a short password', { ...WIRED, wifi: { ssid: 'x', password: 'short' } }, 'not 5'],
    ['a name server by name', { ...WIRED, nameservers: ['dns'] }, 'dns is no address'],
  ])('%s', (_, settings, message) => {
    expect(faults(settings)).toEqual([expect.stringContaining(message)]);
  });

  test('two machines of one address', () => {
    expect(faults(WIRED, WIRED)).toEqual(['edge1: 10.10.10.3 is already the address of edge0']);
  });
});
