/**
 * Finds the CPU quota under which this machine takes as long as a device: by measuring, since quotas
 * below an eighth of a core are not in proportion (decision 0021), and measured again at the end.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TilebedError } from '../../runtime/errors.ts';
import type { SpeedProbeReady, SpeedProbeRuns } from '../../runtime/speed-probe.ts';
import {
  applySettings,
  type ControlGroups,
  findControlGroups,
  groupSettings,
  groupsWithPrefix,
  moveIntoGroups,
  removeGroups,
} from '../machine/control-groups.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { TaskContext } from '../tasks.ts';
import { findBundle } from '../testbeds/bundle.ts';
import { LocalTransport } from '../transports/local.ts';
import { type Calibration, cpuModel, keepCalibration, periodFor } from './calibration.ts';

const MODEL = join(PACKAGE_ROOT, 'experiments', 'models', 'yolov2-first16.cfg');
const LAYERS = 16;
const FULL_SPEED_ROUNDS = 5;
const ROUNDS = 2;
/** A quota is good when it is off by no more than this, and the search ends after so many. */
const TOLERANCE = 0.02;
const MOST_TRIES = 5;

/**
 * Takes about eight times the target.
 *
 * Rejects with a TilebedError: MISSING where this machine cannot limit CPU time, INPUT where it is
 * slower than the device is to be.
 */
export async function calibrate(
  targetMs: number,
  engine: string,
  { say, signal }: TaskContext,
): Promise<Calibration> {
  const groups = await findControlGroups();
  if (groups.roots.cpu === undefined) {
    throw new TilebedError('MISSING', `CPU time cannot be limited: ${groups.problems.cpu}`, {
      hint: 'run as root on Linux',
    });
  }
  const group = `tilebed-calibrate-${process.pid}`;
  const probe = await SpeedProbe.start(engine, signal);
  try {
    say('at full speed');
    const fullSpeedMs = median(await probe.run(FULL_SPEED_ROUNDS));
    if (fullSpeedMs > targetMs) {
      throw new TilebedError(
        'INPUT',
        `this machine takes ${fullSpeedMs.toFixed(0)} ms where the device is to take ${targetMs.toFixed(0)} ms`,
        { hint: 'give the testbed a smaller timeScale' },
      );
    }
    const measure = async (cpuQuota: number) => {
      say(`with ${(100 * cpuQuota).toFixed(2)} % of a CPU`);
      await limit(groups, group, cpuQuota, probe.pid);
      return median(await probe.run(ROUNDS));
    };
    let cpuQuota = fullSpeedMs / targetMs;
    let foundMs = await measure(cpuQuota);
    for (
      let tries = 1;
      Math.abs(foundMs / targetMs - 1) > TOLERANCE && tries < MOST_TRIES;
      tries++
    ) {
      cpuQuota = Math.min(1, cpuQuota * (foundMs / targetMs));
      foundMs = await measure(cpuQuota);
    }
    const calibration: Calibration = {
      cpuModel: cpuModel(),
      engine: probe.engine,
      targetMs,
      cpuQuota,
      periodUs: periodFor(cpuQuota),
      fullSpeedMs,
      foundMs,
      verifiedMs: await measure(cpuQuota),
      measuredAt: new Date().toISOString(),
    };
    await keepCalibration(calibration);
    return calibration;
  } finally {
    await probe.end();
    await removeGroups(await groupsWithPrefix(groups, group));
  }
}

async function limit(groups: ControlGroups, group: string, cpuQuota: number, pid: number) {
  const limits = { cpuQuota, cpuPeriodUs: periodFor(cpuQuota) };
  const settings = groupSettings(groups, group, limits);
  await applySettings(settings);
  await moveIntoGroups(settings, [pid]);
}

/** The runtime's speed probe in a process of its own. */
class SpeedProbe {
  readonly pid: number;
  readonly engine: string;
  readonly #run: (rounds: number) => Promise<readonly number[]>;
  readonly #end: () => Promise<void>;

  private constructor(
    { pid, engine }: SpeedProbeReady,
    run: (rounds: number) => Promise<readonly number[]>,
    end: () => Promise<void>,
  ) {
    this.pid = pid;
    this.engine = engine;
    this.#run = run;
    this.#end = end;
  }

  static async start(engine: string, signal: AbortSignal): Promise<SpeedProbe> {
    const { folder } = await findBundle();
    const transport = new LocalTransport({ launcher: [], environment: {} });
    const argv = [process.execPath, join(folder, 'main.js'), 'speed', MODEL, `${LAYERS}`, engine];
    const child = await transport.spawn(argv);
    const lines = createInterface({ input: child.stdout });
    const end = async () => {
      await child.kill('SIGKILL');
      await child.exited;
    };
    const next = async <Line>(): Promise<Line> => {
      const died = child.exited.then(() => []);
      const [line] = (await Promise.race([once(lines, 'line', { signal }), died])) as [string?];
      if (line === undefined) throw new TilebedError('FAILED', 'the speed probe ended');
      return JSON.parse(line) as Line;
    };
    try {
      const ready = await next<SpeedProbeReady>();
      const run = async (rounds: number) => {
        const runs = next<SpeedProbeRuns>();
        child.stdin.write(`${rounds}\n`);
        return (await runs).milliseconds;
      };
      return new SpeedProbe(ready, run, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  run(rounds: number): Promise<readonly number[]> {
    return this.#run(rounds);
  }

  end(): Promise<void> {
    return this.#end();
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle - 0.5)]! + sorted[Math.floor(middle)]!) / 2;
}
