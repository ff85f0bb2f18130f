/** What makes a machine a poor witness, though a node it can be: times and memory would not be its own. */
import type { Testbed } from '../../spec/resolved.ts';
import type { HostFacts } from './facts.ts';
import { sshBlock } from './hosts.ts';
import type { Problem } from './suitable.ts';
import type { ReachedNode } from './survey.ts';

/** Events of several nodes are put in order by their clocks; the question itself takes some of this. */
const MOST_CLOCK_OFFSET_MS = 1000;
/** From here on a Raspberry Pi lowers its clock rate. */
const HOT_CELSIUS = 80;

/** Bits of `vcgencmd get_throttled`, as the Raspberry Pi documentation has them. */
const FLAGS: readonly (readonly [number, string])[] = [
  [0, 'under-voltage'],
  [1, 'its clock rate is capped'],
  [2, 'throttled'],
  [3, 'at its temperature limit'],
  [16, 'under-voltage earlier'],
  [17, 'its clock rate was capped earlier'],
  [18, 'throttled earlier'],
  [19, 'at its temperature limit earlier'],
];

/** In words, the present before the past; empty where all is well. */
export function throttleFlags(throttled: number): readonly string[] {
  // Not by shifts alone: they are of 32 bits, and so are the flags.
  return FLAGS.filter(([bit]) => ((throttled >>> bit) & 1) === 1).map(([, text]) => text);
}

export function healthProblems({ facts, machine }: ReachedNode, testbed: Testbed): Problem[] {
  const { governor } = sshBlock(testbed);
  const { user } = machine.host;
  return [
    ...clockProblems(facts),
    ...powerProblems(facts),
    ...when(facts.swapBytes > 0, () => ({
      message: 'it swaps: what does not fit into its memory gets slow instead of failing',
      hint: '`sudo swapoff --all` there; on Raspberry Pi OS `sudo systemctl disable --now dphys-swapfile`',
    })),
    ...when(
      facts.governor !== undefined && facts.governor !== 'performance' && governor === undefined,
      () => ({
        message: `its clock rate follows its load (${facts.governor}), and times with it`,
        hint: '`governor: performance` in the block `ssh`; `down` puts the old one back',
      }),
    ),
    ...when(!facts.canBeRoot, () => ({
      message: `${user} may not become root: no limits but pinning, no links, no cuts`,
      hint: `there: \`echo '${user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/tilebed\``,
    })),
  ];
}

function clockProblems({ clockOffsetMs, isSynchronized }: HostFacts): readonly Problem[] {
  if (Math.abs(clockOffsetMs) <= MOST_CLOCK_OFFSET_MS) return [];
  const seconds = (Math.abs(clockOffsetMs) / 1000).toFixed(1);
  const direction = clockOffsetMs > 0 ? 'ahead of' : 'behind';
  return [
    {
      message: `its clock is ${seconds} s ${direction} this machine’s`,
      hint:
        isSynchronized === true
          ? 'it follows a time server, so look at this machine’s: `timedatectl`'
          : 'there: `sudo timedatectl set-ntp true`, or without internet `sudo date --set "$(date --iso-8601=ns)"` by hand',
    },
  ];
}

function powerProblems({ throttled = 0, celsius = 0 }: HostFacts): readonly Problem[] {
  const flags = throttleFlags(throttled);
  return [
    ...when(flags.length > 0, () => ({
      message: `its firmware reports: ${flags.join(', ')}`,
      hint: /voltage/.test(flags.join())
        ? 'a stronger power supply and a shorter cable; the flags of earlier go at its next start'
        : 'a heat sink or a fan; the flags of earlier go at its next start',
    })),
    ...when(celsius >= HOT_CELSIUS, () => ({
      message: `it is ${celsius.toFixed(0)} °C hot, and will slow down`,
      hint: 'a heat sink or a fan',
    })),
  ];
}

function when(condition: boolean, problem: () => Problem): readonly Problem[] {
  return condition ? [problem()] : [];
}
