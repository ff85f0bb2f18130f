/** tilebed plan */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { plainTable } from '../../../reports/table.ts';
import { TilebedError } from '../../../runtime/errors.ts';
import { roomFor } from '../../emulation/room.ts';
import { chooseNetwork } from '../../infer/model.ts';
import { guessedSpeed } from '../../planning/devices.ts';
import { type PlannedNode, type RankedPlan, rankPlans } from '../../planning/rank.ts';
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';
import { loadLiveTestbed } from '../../testbeds/shape.ts';
import { positiveInteger } from '../arguments.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

interface PlanFlags {
  readonly model: string;
  readonly edges?: number;
  readonly fusedLayers?: number;
  readonly speed: ReadonlyMap<string, number>;
}

const SHOWN = 15;

export const planVerb: VerbSpec = {
  name: 'plan',
  summary: 'rank strategies, grids and fused layers for these devices and links',
  examples: [
    ['tilebed plan testbeds/local.yaml --model yolov2.cfg', 'by what the cost model expects'],
    [
      'tilebed plan rack.yaml --model yolov2.cfg --speed edge0=0.9 --speed edge1=2.7',
      'with speeds that you know better, in billions of multiply-accumulates a second',
    ],
  ],
  define: (command: Command) =>
    command
      .argument('<testbed>', 'a testbed file')
      .requiredOption(
        '--model <file>',
        'a Darknet cfg, or a built-in one: yolov2.cfg, yolov2-tiny.cfg',
      )
      .option('--edges <n>', "the testbed's first n edges; default: all", positiveInteger)
      .option('--fused-layers <L>', 'only this number of fused layers', positiveInteger)
      .option(
        '--speed <node=G>',
        'billions of multiply-accumulates a second; may be repeated',
        addSpeed,
        new Map<string, number>(),
      ),
  run: async ({ output }: VerbContext, file: string, flags: PlanFlags) => {
    const testbed = await loadLiveTestbed(file);
    const { pairs, medium } = testbed;
    const network = await chooseNetwork(flags.model);
    const { warning, hint } = roomFor(testbed, availableParallelism());
    if (warning !== undefined) output.warn(`${warning}; ${hint}`);
    const { gateway, edges } = plannedNodes(testbed, flags);
    const plans = rankPlans({
      network,
      gateway,
      edges,
      ...(pairs === undefined ? {} : { pairs }),
      ...(medium === undefined ? {} : { medium }),
      ...(flags.fusedLayers === undefined ? {} : { fusedLayers: [flags.fusedLayers] }),
    });
    const isGuessed = edges.some(({ rateBitsPerSecond }) => rateBitsPerSecond === undefined);
    if (isGuessed && medium?.rateBitsPerSecond === undefined) {
      output.note('where the testbed names no link, 1 Gbit/s is assumed');
    }
    output.result(
      { testbed: testbed.name, model: network.name, gateway, edges, plans },
      text(plans),
    );
    return undefined;
  },
};

function plannedNodes(
  { nodes }: Testbed,
  { edges: count, speed }: PlanFlags,
): { readonly gateway: PlannedNode; readonly edges: readonly PlannedNode[] } {
  const stranger = [...speed.keys()].find((name) => !nodes.some((node) => node.name === name));
  if (stranger !== undefined) throw new TilebedError('INPUT', `there is no node ${stranger}`);
  const planned = nodes.map((node) => ({ role: node.role, planned: plannedNode(node, speed) }));
  const of = (wanted: string) =>
    planned.filter(({ role }) => role === wanted).map(({ planned: node }) => node);
  return { gateway: of('gateway')[0]!, edges: of('edge').slice(0, count) };
}

function plannedNode(
  { name, device, cpus, cpuQuota, link = {} }: TestbedNode,
  speed: ReadonlyMap<string, number>,
): PlannedNode {
  const { rateBitsPerSecond, delayMs } = link;
  return {
    name,
    speed: speed.get(name) ?? guessedSpeed(device, cpuQuota ?? cpus?.length ?? 1),
    ...(rateBitsPerSecond === undefined ? {} : { rateBitsPerSecond }),
    ...(delayMs === undefined ? {} : { delayMs }),
  };
}

function text(plans: readonly RankedPlan[]): string {
  const rows = plans
    .slice(0, SHOWN)
    .map(({ strategy, grid, fusedLayers, latencyMs, framesPerSecond, stages, edges }, index) => [
      String(index + 1),
      strategy,
      grid ?? '-',
      String(fusedLayers),
      latencyMs.toFixed(0),
      framesPerSecond.toPrecision(3),
      String(stages),
      edges.length > 4 ? `${edges.length} edges` : edges.join(' '),
    ]);
  const headers = [
    '',
    'strategy',
    'grid',
    'fused',
    'latency ms',
    'frames/s',
    'stages',
    'who computes',
  ];
  const right = 'right' as const;
  const left = 'left' as const;
  const align = [right, left, left, right, right, right, right, left];
  const more = plans.length > SHOWN ? `\n\n${plans.length - SHOWN} more in --format json` : '';
  return `${plainTable(headers, rows, { align })}${more}`;
}

function addSpeed(value: string, before: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const match = /^([a-z][a-z0-9-]*)=(\d+(?:\.\d+)?)$/.exec(value);
  const speed = Number(match?.[2]);
  if (match === null || !(speed > 0)) {
    throw new InvalidArgumentError('NODE=BILLIONS is wanted, such as edge0=0.9');
  }
  return new Map([...before, [match[1]!, speed]]);
}
