/** Machines of a testbed in one table, and below it what is wrong with them and what mends it. */
import { plainTable } from '../../reports/table.ts';
import type { MachineFault, MachineReport } from '../providers/provider.ts';

export function machineTable(reports: readonly MachineReport[]): string {
  // Facts that no machine has are no column.
  const facts = [...new Set(reports.flatMap((report) => Object.keys(report.facts)))];
  const rows = reports.map((report) => [
    report.node,
    report.at,
    ...facts.map((fact) => report.facts[fact] ?? '-'),
    stateOf(report),
  ]);
  const faults = reports.flatMap(({ node, problems, warnings }) => [
    ...problems.map((fault) => faultText('no ', node, fault)),
    ...warnings.map((fault) => faultText('?  ', node, fault)),
  ]);
  return [plainTable(['node', 'reached at', ...facts, 'state'], rows), ...faults].join('\n');
}

function stateOf({ problems, warnings, facts }: MachineReport): string {
  if (Object.keys(facts).length === 0) return 'NOT REACHED';
  if (problems.length > 0) return 'WILL NOT DO';
  return warnings.length > 0 ? 'ok, but' : 'ok';
}

function faultText(mark: string, node: string, { message, fix }: MachineFault): string {
  const line = `${mark} ${node}: ${message}`;
  return fix === undefined ? line : `${line}\n      to mend it: ${fix}`;
}
