/** What `tc` is told: the harness' way stays free, and all of it can be taken back. */
import { describe, expect, test } from 'vitest';
import { linkRecord, receiverName, shapingCommands, unshapingScript } from './links.ts';

const NAMES = { id: '0123456789ab', label: '', folder: '' };
const SITE = { device: 'eth1', sshPort: 2222 };
const texts = (link: Parameters<typeof shapingCommands>[0]) =>
  shapingCommands(link, SITE, NAMES).map((command) => command.join(' '));

describe('shaping', () => {
  test('leaves the connections of the harness alone, in both directions', () => {
    const all = texts({ rateBitsPerSecond: 10e6 });
    const around = all.filter((command) => command.includes('2222 0xffff flowid 1:1'));
    expect(
      around.map((command) => /dev (\S+) .*match ip (\w+) 2222/.exec(command)!.slice(1)),
    ).toEqual([
      ['eth1', 'sport'],
      [receiverName(NAMES), 'dport'],
    ]);
    for (const device of ['eth1', receiverName(NAMES)]) {
      expect(all).toContain(`tc class add dev ${device} parent 1: classid 1:1 htb rate 100gbit`);
    }
  });

  test('of a rate alone has a queue, and no netem', () => {
    const all = texts({ rateBitsPerSecond: 10e6 });
    expect(all.join('\n')).not.toContain('netem');
    expect(all.filter((command) => command.includes('bfifo'))).toHaveLength(2);
    expect(all.some((command) => command.includes('1:2 htb rate 10000000bit ceil'))).toBe(true);
  });

  test('of a delay alone needs nothing for what is received', () => {
    const all = texts({ delayMs: 5, loss: 0.01 });
    expect(all.join('\n')).not.toContain(receiverName(NAMES));
    expect(all.at(-1)).toMatch(/parent 1:2 handle 20: netem .*delay/);
  });

  test('a name of a device has at most 15 letters', () => {
    expect(receiverName(NAMES)).toBe('tbi0123456789ab');
  });
});

test('what takes it back names all that was made', () => {
  const script = unshapingScript(SITE, NAMES);
  for (const each of ['eth1 root', 'eth1 ingress', receiverName(NAMES)]) {
    expect(script).toContain(each);
  }
});

test('another boot, device or link is another record', () => {
  const record = linkRecord({ delayMs: 5 }, SITE, 'boot');
  expect(record).not.toBe(linkRecord({ delayMs: 5 }, SITE, 'later'));
  expect(record).not.toBe(linkRecord({ delayMs: 6 }, SITE, 'boot'));
  expect(record).not.toBe(linkRecord({ delayMs: 5 }, { ...SITE, device: 'eth0' }, 'boot'));
});
