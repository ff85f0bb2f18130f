/** Power meters in a testbed's file. */
import { resolve } from 'node:path';
import type { Path, SpecDocument } from './document.ts';
import type { SpecFault } from './faults.ts';
import type { Meter } from './resolved.ts';
import type { TestbedSpec } from './testbed.ts';
import { parseDurationMs } from './units.ts';

type MeterSpec = NonNullable<TestbedSpec['meter']>;

const WATTS = { W: 1, mW: 1e-3, uW: 1e-6 } as const;

export function meterOf(spec: MeterSpec | undefined, folder: string): { readonly meter?: Meter } {
  if (spec === undefined) return {};
  const { command, file, every = '1s', unit = 'W' } = spec;
  return {
    meter: {
      ...(command === undefined ? {} : { command }),
      ...(file === undefined ? {} : { file: resolve(folder, file) }),
      intervalMs: parseDurationMs(every),
      wattsPerUnit: WATTS[unit],
    },
  };
}

export function meterFaults(document: SpecDocument, { meter, nodes = {} }: TestbedSpec) {
  const meters: [Path, MeterSpec | undefined][] = [
    [['meter'], meter],
    ...Object.entries(nodes).map(([name, node]): [Path, MeterSpec | undefined] => [
      ['nodes', name, 'meter'],
      node.meter,
    ]),
  ];
  return meters.flatMap(([path, spec]): SpecFault[] =>
    spec === undefined || (spec.command === undefined) !== (spec.file === undefined)
      ? []
      : [document.fault(path, 'a meter is either a `command` or a `file`', { at: 'key' })],
  );
}
