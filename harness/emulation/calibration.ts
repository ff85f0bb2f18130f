/** Shares of a CPU that make this machine as slow as a device, as they were found, and where they are kept. */
import { mkdir, readFile } from 'node:fs/promises';
import { cpus, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeWhole } from '../write-whole.ts';

export interface Calibration {
  readonly cpuModel: string;
  /** Such as "onnxruntime 1.21.1". */
  readonly engine: string;
  /** What the plain first 16 layers of YOLOv2 are to take. */
  readonly targetMs: number;
  /** What a node may use of a CPU: the layers' CPU time over what they are to take. */
  readonly cpuQuota: number;
  /** CPU time at full speed. */
  readonly fullSpeedMs: number;
  /** What they took when held to their share. */
  readonly verifiedMs: number;
  /** All shares that they were held to, the first by what they need at full speed. Absent in older files. */
  readonly tries?: readonly CalibrationTry[];
  readonly measuredAt: string;
}

export interface CalibrationTry {
  readonly cpuQuota: number;
  readonly tookMs: number;
  /** CPU time of them: what a processor that has slept needs more than at full speed. */
  readonly cpuMs: number;
}

/** A target within this of another is the same. */
const SAME = 0.001;

export function calibrationFile(): string {
  const home = process.env['TILEBED_HOME'] ?? join(homedir(), '.cache/tilebed');
  return join(home, 'calibration.json');
}

/** Undefined where this machine was not calibrated for that. */
export async function knownCalibration(
  targetMs: number,
  engine: string,
): Promise<Calibration | undefined> {
  return (await readAll()).find((one) => isFor(one, targetMs, engine));
}

export async function keepCalibration(calibration: Calibration): Promise<void> {
  const { targetMs, engine } = calibration;
  const others = (await readAll()).filter(
    (one) => !isFor(one, targetMs, engine.split(' ')[0] ?? engine),
  );
  const file = calibrationFile();
  await mkdir(dirname(file), { recursive: true });
  await writeWhole(file, `${JSON.stringify([...others, calibration], null, 2)}\n`);
}

/** @param engine its name, without the version */
function isFor(one: Calibration, targetMs: number, engine: string): boolean {
  return (
    one.cpuModel === cpuModel() &&
    one.engine.startsWith(`${engine} `) &&
    Math.abs(one.targetMs / targetMs - 1) < SAME
  );
}

export function cpuModel(): string {
  return cpus()[0]?.model.trim() ?? 'unknown';
}

async function readAll(): Promise<readonly Calibration[]> {
  const text = await readFile(calibrationFile(), 'utf8').catch(() => '[]');
  try {
    return JSON.parse(text) as readonly Calibration[];
  } catch {
    // Half a file is as good as none: it is measured again.
    return [];
  }
}
