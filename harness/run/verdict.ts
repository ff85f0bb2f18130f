/**
 * Whether a repetition's figures can be defended. `invalid`: they are not what the experiment asked for,
 * and enter no median; `degraded`: they count, with a reason to doubt them. Pure.
 */

import type { Emulation } from '../emulation/emulation.ts';
import type { LinkFacts, TrialRecord, Verdict, VerdictReason } from '../results/format.ts';

export interface VerdictInputs {
  readonly record: TrialRecord;
  /** That the experiment asks for. */
  readonly frames: number;
  readonly links: Readonly<Record<string, LinkFacts>>;
  readonly emulation: Emulation;
  /** Of the machine's CPUs, by processes other than the trial's, in CPUs; undefined where nodes are elsewhere. */
  readonly othersCpus: number | undefined;
  /** A trial of this experiment that found something else in the same frame; undefined where none did. */
  readonly differsFrom: string | undefined;
}

/** Of a rate: what is off by more was another link. */
const LINK_TOLERANCE = 0.15;
/** Of an emulated device, when its quota was measured again. */
const DEVICE_TOLERANCE = 0.1;
/** Other processes may use so much of the machine. */
const OTHERS_CPUS = 0.25;

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
    add('output-differs', `other detections than trial ${differsFrom} in the same frame`);
  }
  return reasons;
}

function doubts({ record, emulation, othersCpus }: VerdictInputs): Reason[] {
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
  return reasons;
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
