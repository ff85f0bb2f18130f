/** What each point used: joules a frame and mean watts, by whatever tells of them. */
import type { EnergyRecord, TrialRecord } from '../harness/results/format.ts';
import { type Estimate, estimateOf } from './estimate.ts';
import { groupBy } from './group.ts';
import { compareNodes } from './node-summary.ts';
import { comparePoints, pointKey, pointNames } from './point.ts';
import type { Results } from './read.ts';
import { isMeasured } from './summary.ts';
import { withInterval } from './table.ts';

export const ENERGY_HEADERS = ['Point', 'Of', 'Joules a frame', 'Watts', 'Told by'] as const;

const PLAIN = { name: '', size: 1 };

const TOLD_BY: Readonly<Record<EnergyRecord['source'], string>> = {
  meter: 'meter',
  rapl: 'RAPL: CPU packages, whatever ran on them',
  model: 'estimate by the device’s profile',
};

/** A row a point and what it was measured of, in the order of ENERGY_HEADERS; empty where nothing tells. */
export function energyRows({ trials, manifest }: Results): string[][] {
  const measured = trials.filter(isMeasured).filter(({ energy }) => energy !== undefined);
  const points = [...groupBy(measured, ({ parameters }) => pointKey(parameters)).values()].sort(
    ([a], [b]) => comparePoints(a!.parameters, b!.parameters),
  );
  const { names } = pointNames(points.map(([first]) => first!.parameters));
  return points.flatMap((group, index) => pointRows(group, names[index]!, manifest.seed));
}

function pointRows(trials: readonly TrialRecord[], name: string, seed: number): string[][] {
  const records = trials.flatMap(({ energy = [], frames, nodes }) =>
    energy.map((record) => ({
      record,
      joulesPerFrame: frames.length === 0 ? undefined : record.joules / frames.length,
      role: record.node === undefined ? undefined : nodes[record.node]?.role,
    })),
  );
  const groups = groupBy(records, ({ record: { of, node, source } }) => `${of} ${node} ${source}`);
  return [...groups.values()]
    .sort(([a], [b]) => compareOwners(a!, b!))
    .map((group) => {
      const { record } = group[0]!;
      return [
        name,
        ownerText(record),
        estimateText(
          estimateOf(
            group.map(({ joulesPerFrame }) => joulesPerFrame),
            seed,
          ),
        ),
        estimateText(
          estimateOf(
            group.map((one) => one.record.watts),
            seed,
          ),
        ),
        TOLD_BY[record.source],
      ];
    });
}

interface Owned {
  readonly record: EnergyRecord;
  readonly role: string | undefined;
}

/** Nodes first, then what they share. */
function compareOwners(a: Owned, b: Owned): number {
  const rank = ({ record: { of } }: Owned) => ['node', 'testbed', 'machine'].indexOf(of);
  const named = ({ record, role }: Owned) => ({
    node: record.node ?? '',
    ...(role === undefined ? {} : { role }),
  });
  return rank(a) - rank(b) || compareNodes(named(a), named(b));
}

function ownerText({ of, node }: EnergyRecord): string {
  if (of === 'node') return node ?? '';
  return of === 'testbed' ? 'all nodes' : 'this machine';
}

function estimateText(estimate: Estimate | undefined): string {
  return estimate === undefined ? '' : withInterval(estimate, PLAIN);
}

/** Of one node in a trial: a reading where there is one, else the estimate. */
export function energyOfNode({ energy = [] }: TrialRecord, node: string): EnergyRecord | undefined {
  return energy.find((record) => record.node === node);
}

/** Of all that is known of a trial's nodes, a frame; undefined where nothing is, or no frame came. */
export function joulesPerFrame({ energy = [], frames }: TrialRecord): number | undefined {
  const whole = energy.filter(({ of }) => of === 'testbed');
  const counted = whole.length > 0 ? whole : energy.filter(({ of }) => of === 'node');
  if (counted.length === 0 || frames.length === 0) return undefined;
  return counted.reduce((sum, { joules }) => sum + joules, 0) / frames.length;
}

export const ENERGY_NOTE =
  'From the start signal until the last detections. An estimate is no measurement: it takes a device as idle all the time, and as busy while one of its cores works.';
