/**
 * Whether a repetition's figures can be defended. `invalid`: they are not what the experiment asked for,
 * and enter no median; `degraded`: they count, with a reason to doubt them. Pure.
 */

import type { Emulation } from '../emulation/emulation.ts';
import type { LinkFacts, TrialRecord, Verdict, VerdictReason } from '../results/format.ts';
import type { PinnedLoad } from './host-load.ts';

export interface VerdictInputs {
  readonly record: TrialRecord;
  /** That the experiment asks for. */
  readonly frames: number;
  readonly links: Readonly<Record<string, LinkFacts>>;
  readonly emulation: Emulation;
  /** Of the machine's CPUs, by processes other than the trial's, in CPUs; undefined where nodes are elsewhere. */
  readonly othersCpus: number | undefined;
  /** Of the CPUs that nodes are pinned to, likewise. */
  readonly othersOnPinned: readonly PinnedLoad[];
  /** The error of each node's estimate of the gateway's clock. */
  readonly clockErrorMs: Readonly<Record<string, number>>;
  /** A trial of this experiment that found something else in the same frame; undefined where none did. */
  readonly differsFrom: string | undefined;
}

/** Of a rate: what is off by more was another link. */
const LINK_TOLERANCE = 0.15;
/** Of an emulated device, when its quota was measured again. */
const DEVICE_TOLERANCE = 0.1;
/** Other processes may use so much of the machine. */
const OTHERS_CPUS = 0.25;

/** Of the whole of a pinned CPU: a core shared with a busy process is no core. */
const OTHERS_ON_PINNED = 0.25;
/** A Raspberry Pi holds its clock back from here on, others do not much later. */
const HOT_CELSIUS = 80;
/** Of the median latency: a frame's arrival is told by its source's clock. */
const CLOCK_TOLERANCE = 0.05;

export function verdictOf(inputs: VerdictInputs): Verdict {
  const reasons = [...fatal(inputs), ...doubts(inputs)];
  const invalid = reasons.some(({ invalidates }) => invalidates);
  return {
    verdict: invalid ? 'invalid' : reasons.length > 0 ? 'degraded' : 'valid',
    reasons: reasons.map(({ code, text }) => ({ code, text })),
  };
}

type Reason = VerdictReason & { readonly invalidates: boolean };

function fatal({ record, frames, links, differsFrom }: VerdictInputs): Reason[] {
  const reasons: Reason[] = [];
  const add = (code: VerdictReason['code'], text: string) =>
    reasons.push({ code, text, invalidates: true });
  if (record.status === 'failed') add('failed', record.error ?? 'the trial failed');
  else if (record.frames.length < frames) {
    add('too-few-frames', `${record.frames.length} of ${frames} frames were answered`);
  }
  for (const [name, link] of Object.entries(links)) {
    const off = linkOff(link);
    if (off !== undefined) add('link-off', `the link of ${name} ${off}`);
  }
  if (differsFrom !== undefined) {
    add('output-differs', `another output than trial ${differsFrom} in the same frame`);
  }
  return reasons;
}

function doubts({ record, emulation, othersCpus, othersOnPinned, clockErrorMs }: VerdictInputs) {
  const reasons: Reason[] = [];
  const add = (code: VerdictReason['code'], text: string) =>
    reasons.push({ code, text, invalidates: false });
  for (const { node, fault } of record.recoveries ?? []) {
    if (fault === 'loss') add('node-lost', `${node} was lost, and nobody had asked for it`);
  }
  for (const [name, { swapBytes = 0 }] of Object.entries(record.nodes)) {
    if (swapBytes > 0) add('swap-used', `${name} had ${swapBytes} bytes in swap at its end`);
  }
  for (const [name, { targetMs, verifiedMs }] of emulation) {
    const off = verifiedMs / targetMs - 1;
    if (Math.abs(off) <= DEVICE_TOLERANCE) continue;
    add('device-off', `${name} was ${(100 * off).toFixed(0)} % off its device's time`);
  }
  if (othersCpus !== undefined && othersCpus > OTHERS_CPUS) {
    add('cpus-shared', `other processes used ${othersCpus.toFixed(2)} CPUs of this machine`);
  }
  for (const { cpu, nodes, others } of othersOnPinned) {
    if (others <= OTHERS_ON_PINNED) continue;
    const whose = nodes.join(' and ');
    add(
      'pinned-cpu-shared',
      `${whose} had to share CPU ${cpu}: others used ${percent(others)} of it`,
    );
  }
  for (const [name, { thermal = {} }] of Object.entries(record.nodes)) {
    const { celsius = 0, throttled } = thermal;
    if (throttled === true) add('cpu-throttled', `the CPU of ${name} was held back meanwhile`);
    if (celsius >= HOT_CELSIUS)
      add('cpu-hot', `${name} was at ${celsius.toFixed(0)} °C at its end`);
  }
  const latencyMs = record.frames.map((frame) => frame.latencyMs).sort((a, b) => a - b);
  const middleMs = latencyMs[Math.floor(latencyMs.length / 2)] ?? Number.POSITIVE_INFINITY;
  for (const [name, errorMs] of Object.entries(clockErrorMs)) {
    if (errorMs <= CLOCK_TOLERANCE * middleMs) continue;
    const error = `${errorMs.toFixed(1)} ms where latency is ${middleMs.toFixed(1)} ms`;
    add('clock-off', `the clock of ${name} is known to ${error}`);
  }
  return reasons;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function linkOff({ asked, expected, measured }: LinkFacts): string | undefined {
  const wanted = expected?.rateBitsPerSecond ?? asked.rateBitsPerSecond;
  if (wanted === undefined) return undefined;
  const { sendBitsPerSecond, receiveBitsPerSecond } = measured;
  const found = [sendBitsPerSecond, receiveBitsPerSecond].find(
    (rate) => Math.abs(rate / wanted - 1) > LINK_TOLERANCE,
  );
  const megabits = (rate: number) => (rate / 1e6).toFixed(1);
  return found === undefined
    ? undefined
    : `has ${megabits(found)} Mbit/s where ${megabits(wanted)} were wanted`;
}
