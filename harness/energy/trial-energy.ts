/** What a trial used, by every way that there is: the user's meters, this machine's counters, a model. */
import type { EnergyRecord, Trace } from '../results/format.ts';
import type { Testbed } from '../spec/resolved.ts';
import { joulesBetween } from './integrate.ts';
import { MeterReader } from './meter.ts';
import { modelJoules } from './model.ts';
import { joulesSince, type RaplReading, readRapl } from './rapl.ts';

export class TrialEnergy {
  readonly #testbed: Testbed;
  readonly #here: boolean;
  readonly #meters: ReadonlyMap<string | undefined, MeterReader>;
  #start: { readonly atMs: number; readonly rapl: RaplReading } | undefined;
  #end: { readonly atMs: number; readonly rapl: RaplReading } | undefined;

  /** @param here whether any node is a process of this machine: its counters say something then */
  constructor(testbed: Testbed, here: boolean) {
    this.#testbed = testbed;
    this.#here = here;
    this.#meters = new Map(
      metersOf(testbed).map(([node, meter]) => [node, new MeterReader(meter)]),
    );
  }

  /** At the start signal. */
  started(): void {
    this.#start ??= { atMs: performance.now(), rapl: readRapl() };
  }

  /** When the last frame was answered. */
  finished(): void {
    this.#end ??= { atMs: performance.now(), rapl: readRapl() };
  }

  /** Ends the meters, whatever became of the trial. */
  async stop(): Promise<void> {
    await Promise.all([...this.#meters.values()].map((meter) => meter.end()));
  }

  /** Empty of a trial that did not come to its end. */
  records({ spans }: Pick<Trace, 'spans'>, makespanMs: number | undefined): EnergyRecord[] {
    const [start, end] = [this.#start, this.#end];
    if (start === undefined || end === undefined || makespanMs === undefined) return [];
    const { nodes, timeScale = 1 } = this.#testbed;
    const measured = [...this.#meters].flatMap(([node, { samples }]): EnergyRecord[] => {
      const found = joulesBetween(samples, start.atMs, end.atMs);
      if (found === undefined) return [];
      const watts = (1000 * found.joules) / (end.atMs - start.atMs);
      return [{ ...ofWhat(node), source: 'meter', watts, ...found }];
    });
    const counted = this.#here ? joulesSince(start.rapl, end.rapl) : undefined;
    const modelled = nodes.flatMap(({ name, power }): EnergyRecord[] => {
      const own = spans.filter(({ node }) => node === name);
      if (power === undefined || this.#meters.has(name) || own.length === 0) return [];
      const joules = modelJoules(power, own, makespanMs, timeScale);
      const watts = joules / ((makespanMs * timeScale) / 1000);
      return [{ of: 'node', node: name, source: 'model', watts, joules }];
    });
    return [
      ...measured,
      ...(counted === undefined
        ? []
        : [{ ...machine, watts: (1000 * counted) / (end.atMs - start.atMs), joules: counted }]),
      ...modelled,
    ];
  }
}

const machine = { of: 'machine', source: 'rapl' } as const;

/** Every meter is asked once, before it is relied on. */
export async function tryMeters(testbed: Testbed): Promise<void> {
  await Promise.all(
    metersOf(testbed).map(([node, meter]) => MeterReader.tried(meter, node ?? testbed.name)),
  );
}

/** Of nodes, and of the whole testbed: undefined. */
function metersOf({ meter, nodes }: Testbed) {
  return [{ name: undefined, meter }, ...nodes].flatMap(({ name, meter }) =>
    meter === undefined ? [] : [[name, meter] as const],
  );
}

function ofWhat(node: string | undefined) {
  return node === undefined ? ({ of: 'testbed' } as const) : ({ of: 'node', node } as const);
}
