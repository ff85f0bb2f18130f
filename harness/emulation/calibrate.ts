/**
 * Finds the share of a CPU that makes this machine as slow as a device: the CPU time that the plain first
 * 16 layers of YOLOv2 need here, over what they take there. Measured again with nodes' own means, and
 * corrected until that agrees.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TilebedError } from '../../runtime/errors.ts';
import { median } from '../../runtime/quantiles.ts';
import type {
  SpeedProbeReady,
  SpeedProbeRequest,
  SpeedProbeRuns,
} from '../../runtime/speed-probe.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { TaskContext } from '../tasks.ts';
import { findBundle } from '../testbeds/bundle.ts';
import { LocalTransport } from '../transports/local.ts';
import { type Calibration, type CalibrationTry, cpuModel, keepCalibration } from './calibration.ts';
import { bestTry, nextShare } from './correction.ts';

const MODEL = join(PACKAGE_ROOT, 'experiments', 'models', 'yolov2-first16.cfg');
const LAYERS = 16;
const FULL_SPEED_ROUNDS = 9;
const ROUNDS = 3;

/**
 * Takes four times the target, and three times more for each correction.
 *
 * Rejects with a TilebedError (INPUT) where this machine is slower than the device is to be.
 */
export async function calibrate(
  targetMs: number,
  engine: string,
  { say, signal }: TaskContext,
): Promise<Calibration> {
  const probe = await SpeedProbe.start(engine, signal);
  try {
    say('at full speed');
    const fullSpeedMs = median((await probe.run({ rounds: FULL_SPEED_ROUNDS })).cpuMilliseconds);
    if (fullSpeedMs > targetMs) {
      throw new TilebedError(
        'INPUT',
        `this machine takes ${fullSpeedMs.toFixed(0)} ms where the device is to take ${targetMs.toFixed(0)} ms`,
        { hint: 'give the testbed a smaller timeScale' },
      );
    }
    const tries: CalibrationTry[] = [];
    let cpuQuota: number | undefined = fullSpeedMs / targetMs;
    while (cpuQuota !== undefined) {
      say(`with ${(100 * cpuQuota).toFixed(2)} % of a CPU`);
      const held = await probe.run({ rounds: ROUNDS, cpuShare: cpuQuota });
      const [tookMs, cpuMs] = [median(held.milliseconds), median(held.cpuMilliseconds)];
      tries.push({ cpuQuota, tookMs, cpuMs });
      cpuQuota = nextShare(tries, targetMs);
    }
    const best = bestTry(tries, targetMs);
    const calibration: Calibration = {
      cpuModel: cpuModel(),
      engine: probe.engine,
      targetMs,
      cpuQuota: best.cpuQuota,
      fullSpeedMs,
      verifiedMs: best.tookMs,
      tries,
      measuredAt: new Date().toISOString(),
    };
    await keepCalibration(calibration);
    return calibration;
  } finally {
    await probe.end();
  }
}

/** The runtime's speed probe in a process of its own. */
class SpeedProbe {
  readonly engine: string;
  readonly #run: (request: SpeedProbeRequest) => Promise<SpeedProbeRuns>;
  readonly #end: () => Promise<void>;

  private constructor(
    { engine }: SpeedProbeReady,
    run: (request: SpeedProbeRequest) => Promise<SpeedProbeRuns>,
    end: () => Promise<void>,
  ) {
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
      const run = (request: SpeedProbeRequest) => {
        const runs = next<SpeedProbeRuns>();
        child.stdin.write(`${JSON.stringify(request)}\n`);
        return runs;
      };
      return new SpeedProbe(ready, run, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  run(request: SpeedProbeRequest): Promise<SpeedProbeRuns> {
    return this.#run(request);
  }

  end(): Promise<void> {
    return this.#end();
  }
}
