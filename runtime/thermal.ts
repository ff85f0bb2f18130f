/**
 * Whether this machine was slowed down by heat or a weak supply while a role ran. Where nothing tells of
 * it, such as in a virtual machine, nothing is told.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Thermal {
  /** Of the hottest thermal zone, at the end. */
  readonly celsius?: number;
  /** The clock was held back, or the supply was too weak, at some time meanwhile. */
  readonly throttled?: boolean;
}

export interface ThermalSources {
  /** Normally `/sys`. */
  readonly root: string;
  /** What a Raspberry Pi's firmware says; undefined elsewhere. */
  readonly firmware: () => string | undefined;
}

const VCGENCMD = ['/usr/bin/vcgencmd', '/opt/vc/bin/vcgencmd'];
/** Under-voltage, frequency capped, throttled, soft temperature limit: now, and 16 bits higher since boot. */
const NOW = 0xf;

export class ThermalWatch {
  readonly #sources: ThermalSources;
  readonly #counted: number | undefined;
  readonly #flags: number | undefined;

  constructor(sources: ThermalSources = { root: '/sys', firmware: raspberryPiFirmware }) {
    this.#sources = sources;
    this.#counted = throttleCount(sources.root);
    this.#flags = firmwareFlags(sources.firmware());
  }

  /** Since this was made; undefined where the machine tells nothing. */
  report(): Thermal | undefined {
    const { root, firmware } = this.#sources;
    const celsius = hottest(root);
    const throttled = this.#throttled(throttleCount(root), firmwareFlags(firmware()));
    if (celsius === undefined && throttled === undefined) return undefined;
    return {
      ...(celsius === undefined ? {} : { celsius }),
      ...(throttled === undefined ? {} : { throttled }),
    };
  }

  #throttled(counted: number | undefined, flags: number | undefined): boolean | undefined {
    const [before, flagsBefore] = [this.#counted, this.#flags];
    if (flags !== undefined && flagsBefore !== undefined) {
      const risen = (flags & ~flagsBefore) >> 16;
      return ((flags | flagsBefore | risen) & NOW) !== 0;
    }
    return counted === undefined || before === undefined ? undefined : counted > before;
  }
}

function hottest(root: string): number | undefined {
  const zones = numbered(join(root, 'class/thermal'), /^thermal_zone\d+$/, 'temp');
  return zones.length === 0 ? undefined : Math.max(...zones) / 1000;
}

/** How often Intel's CPUs were held back since boot, all together. */
function throttleCount(root: string): number | undefined {
  const file = 'thermal_throttle/core_throttle_count';
  const counts = numbered(join(root, 'devices/system/cpu'), /^cpu\d+$/, file);
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

function numbered(folder: string, pattern: RegExp, file: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .flatMap((name) => {
      try {
        return Number(readFileSync(join(folder, name, file), 'utf8'));
      } catch {
        // A zone may exist and refuse to be read.
        return [];
      }
    })
    .filter(Number.isFinite);
}

/** Of `throttled=0x50000`. */
function firmwareFlags(text: string | undefined): number | undefined {
  const match = /throttled=0x([0-9a-f]+)/i.exec(text ?? '');
  return match === null ? undefined : Number.parseInt(match[1]!, 16);
}

function raspberryPiFirmware(): string | undefined {
  const command = VCGENCMD.find((path) => existsSync(path));
  if (command === undefined) return undefined;
  try {
    return execFileSync(command, ['get_throttled'], { encoding: 'utf8', timeout: 2000 });
  } catch {
    return undefined;
  }
}
