/** Takes turns between things to compare, so that a busy machine slows all of them alike. */
import { bootstrapInterval, type Interval } from '../reports/statistics.ts';

export interface Contender {
  readonly name: string;
  /** Runs once and returns what is measured: usually milliseconds. */
  run(): Promise<number>;
}

export type Measured = ReadonlyMap<string, readonly number[]>;

/** One unmeasured round, then `rounds` measured ones. */
export async function takeTurns(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Measured> {
  const measured = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of contenders) {
      const value = await run();
      if (round > 0) measured.get(name)!.push(value);
    }
  }
  return measured;
}

export function interval(values: readonly number[]): Interval {
  return bootstrapInterval(values, 1);
}

/** Of values that were measured in the same rounds: what both shared of the machine's moods cancels. */
export function ratio(measured: Measured, over: string, under: string): Interval {
  const bottom = measured.get(under)!;
  return interval(measured.get(over)!.map((value, round) => value / bottom[round]!));
}

export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
