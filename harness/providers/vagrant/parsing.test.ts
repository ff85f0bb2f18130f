/** What other programs say, as tilebed understands it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allowedRanges, hostOnlyProblem } from './host-only-ranges.ts';
import { ownerOf } from './owners.ts';
import { parseSshConfig } from './ssh-config.ts';
import {
  failureOf,
  missingBox,
  parseVagrantLine,
  progressOf,
  type VagrantLine,
} from './vagrant-output.ts';
import { machineFacts } from './virtualbox.ts';

describe('what Vagrant says', () => {
  const line = (text: string) => parseVagrantLine(text) as VagrantLine;

  test('is split at commas, and escaped ones come back', () => {
    expect(
      line('1795624566,edge0,state-human-long,is running. To stop it%!(VAGRANT_COMMA) halt\\nit'),
    ).toEqual({
      machine: 'edge0',
      type: 'state-human-long',
      data: ['is running. To stop it, halt\nit'],
    });
  });

  test('is nothing where a library prints', () => {
    expect(parseVagrantLine('warning: the fog is thick, today')).toBeUndefined();
    expect(parseVagrantLine('')).toBeUndefined();
  });

  test('is progress in one line, without decoration', () => {
    expect(progressOf(line('1,edge0,ui,info,==> edge0: Starting domain.'))).toBe(
      'edge0: Starting domain.',
    );
    expect(progressOf(line('1,edge0,ui,detail,    edge0: \\n    edge0: Key'))).toBe(
      'edge0: edge0: Key',
    );
    expect(progressOf(line('1,edge0,action,up,end'))).toBeUndefined();
    expect(progressOf(line('1,edge0,ui,error,no'))).toBeUndefined();
  });

  test('is a failure in its own words', () => {
    const lines = [
      '1,,ui,error,first',
      '1,,error-exit,Vagrant::Errors::BoxNotFound,The box is not there.\\nReally%!(VAGRANT_COMMA) not',
    ].map(line);
    expect(failureOf(lines)).toBe('The box is not there. Really, not');
    expect(failureOf(lines.slice(0, 1))).toBe('first');
    expect(failureOf([])).toBeUndefined();
  });

  test('of several machines is the first one’s', () => {
    const of = (machine: string) =>
      `An error occurred while executing the action on the '${machine}'\\nmachine. Please handle this error then try again:\\n\\nThe box 'no/box' could not be found or\\ncould not be accessed.\\n`;
    const text = `1,,error-exit,Vagrant::Errors::BatchMultiError,Errors are shown below.\\n\\n${of('gateway')}\\n${of('edge0')}`;
    const reason = failureOf([line(text)])!;
    expect(reason).toBe("gateway: The box 'no/box' could not be found or could not be accessed.");
    expect(missingBox(reason)).toBe('no/box');
    expect(missingBox('gateway: no')).toBeUndefined();
  });
});

test('hosts of an SSH configuration', () => {
  const text = `Host gateway
  HostName 192.168.121.175
  User vagrant
  Port 22
  StrictHostKeyChecking no
  IdentityFile "/home/me/my boxes/key"

Host edge0
  HostName 127.0.0.1
  User ubuntu
  Port 2200
`;
  const common = { hostKeys: 'accept-new', knownHostsFile: '/state/known-hosts' };
  expect([...parseSshConfig(text, '/state/known-hosts')]).toEqual([
    [
      'gateway',
      {
        ...common,
        address: '192.168.121.175',
        user: 'vagrant',
        port: 22,
        keyFile: '/home/me/my boxes/key',
      },
    ],
    ['edge0', { ...common, address: '127.0.0.1', user: 'ubuntu', port: 2200 }],
  ]);
  expect([...parseSshConfig('', '')]).toEqual([]);
});

describe('ranges of host-only networks', () => {
  const CONF = '# ours\n* 10.0.0.0/8 192.168.56.0/21\n* 2001::/64\nnothing\n';

  test('are read from VirtualBox’s file', () => {
    expect(allowedRanges(CONF)).toEqual(['10.0.0.0/8', '192.168.56.0/21']);
  });

  test('hold a subnet, or do not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tilebed-ranges-'));
    try {
      const file = join(folder, 'networks.conf');
      expect(await hostOnlyProblem('192.168.60.0/24', file)).toBeUndefined();
      expect(await hostOnlyProblem('192.168.64.0/24', file)).toContain('192.168.56.0/21');
      expect(await hostOnlyProblem('192.168.0.0/16', file)).toBeDefined();
      await writeFile(file, CONF);
      expect(await hostOnlyProblem('10.10.10.0/24', file)).toBeUndefined();
      expect(await hostOnlyProblem('172.16.0.0/24', file)).toContain('10.0.0.0/8');
      await writeFile(file, '* 0.0.0.0/0 ::/0\n');
      expect(await hostOnlyProblem('172.16.0.0/24', file)).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('whose a machine is', () => {
  const name = 'tilebed-0123456789ab-edge0';
  expect(ownerOf({ name, note: 'tilebed: /home/me/my tests/.tilebed/vms 50855761b437' })).toEqual([
    { id: '0123456789ab', stateFolder: '/home/me/my tests/.tilebed/vms' },
  ]);
  expect(ownerOf({ name, note: '' })).toEqual([{ id: '0123456789ab' }]);
  expect(ownerOf({ name: 'windows', note: 'tilebed: /home/me 1' })).toEqual([]);
});

test('a machine of VirtualBox', () => {
  const text = `name="tilebed-1-edge0"
UUID="8e6a7a4c-5f10-4f4b-a1a6-3c8d1f5b9a11"
description="tilebed: /home/me 12"
cpuexecutioncap=50
VMState="poweroff"
VMStateChangeTime="2026-11-25T16:00:00.000000000"
`;
  expect(machineFacts(text)).toEqual({
    id: '8e6a7a4c-5f10-4f4b-a1a6-3c8d1f5b9a11',
    state: 'off',
    note: 'tilebed: /home/me 12',
    unplugged: false,
  });
  expect(machineFacts(`${text}\ncableconnected2="off"`).unplugged).toBe(true);
  expect(machineFacts(text.replace('poweroff', 'running')).state).toBe('running');
});
