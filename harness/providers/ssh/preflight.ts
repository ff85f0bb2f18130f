/** A look at all machines of a testbed, in words: what each is, and what is wrong with it. */
import type { Testbed } from '../../spec/resolved.ts';
import { megabytesText } from '../../spec/units.ts';
import type { MachineFault, MachineReport } from '../provider.ts';
import type { HostFacts } from './facts.ts';
import { healthProblems, throttleFlags } from './health.ts';
import { type Problem, problemsOf } from './suitable.ts';
import type { ReachedNode, SurveyedNode } from './survey.ts';

export function machineReport(node: SurveyedNode, testbed: Testbed): MachineReport {
  const { spec, machine, facts, error } = node;
  const reached = { node: spec.name, at: `${machine.host.user}@${machine.host.address}` };
  if (facts === undefined) {
    const message = error!.message.replace(`${spec.name}: `, '');
    const fault = { message, ...(error!.hint === undefined ? {} : { fix: error!.hint }) };
    return { ...reached, facts: {}, problems: [fault], warnings: [] };
  }
  const there: ReachedNode = { ...node, facts };
  return {
    ...reached,
    facts: factTexts(facts),
    problems: problemsOf(there, testbed).map(faultOf),
    warnings: healthProblems(there, testbed).map(faultOf),
  };
}

function faultOf({ message, hint }: Problem): MachineFault {
  return { message, ...(hint === undefined ? {} : { fix: hint }) };
}

/** In the order of the table's columns; a fact that the machine does not have is missing. */
function factTexts(facts: HostFacts): Readonly<Record<string, string>> {
  const { swapBytes, clockOffsetMs, governor, celsius, throttled } = facts;
  const model = facts.model === '' ? {} : { model: facts.model };
  return {
    architecture: facts.architecture,
    system: shortSystem(facts.system),
    kernel: facts.kernel,
    ...model,
    CPUs: String(facts.cpus),
    memory: size(facts.memoryBytes),
    swap: swapBytes === 0 ? 'none' : size(swapBytes),
    'disk free': size(facts.freeBytes),
    root: facts.canBeRoot ? 'yes' : 'no',
    clock: `${clockOffsetMs >= 0 ? '+' : '-'}${(Math.abs(clockOffsetMs) / 1000).toFixed(1)} s`,
    ...(governor === undefined ? {} : { governor }),
    ...(celsius === undefined ? {} : { heat: `${celsius.toFixed(0)} °C` }),
    ...(throttled === undefined ? {} : { power: powerText(throttled) }),
  };
}

function powerText(throttled: number): string {
  return throttleFlags(throttled).length === 0 ? 'well' : `0x${throttled.toString(16)}`;
}

/** `Debian GNU/Linux 12 (bookworm)` is as long as the rest of the row. */
function shortSystem(system: string): string {
  return system.replace(' GNU/Linux', '').replace(/ \(.*\)$/, '');
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : megabytesText(bytes);
}
