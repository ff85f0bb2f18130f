/**
 * Device profiles that a testbed may name. A device is as fast as it computes the plain, unpartitioned
 * first 16 layers of YOLOv2 on one core: that is what `tilebed calibrate` finds a CPU quota for.
 */
import type { DevicePower } from './resolved.ts';

export interface DeviceProfile extends Partial<DevicePower> {
  /** The first 16 layers of YOLOv2, 13.0 G multiply-accumulates in float32, on one core. */
  readonly plainSeconds: number;
  /**
   * How many times longer than on a server's core all other work takes. Its vector units make a server
   * much faster in layers than in messages and pictures.
   */
  readonly otherTimes?: number;
  /** Where the figure is from: measured by somebody, or an estimate. */
  readonly source: string;
  /** Likewise of its power. */
  readonly powerSource?: string;
}

/** What those layers come to, in billions of multiply-accumulates. */
export const PLAIN_GIGA_MACS = 13.0;

const QUARTER = 'one core is taken as a quarter of the difference';
const RPI3_SECONDS = 13.56;
/** In sysbench's primes a Pi 3 takes 2.5 times as long as a server's core; four times that, to be safe (decision 0031). */
const RPI3_OTHER_TIMES = 10;

export const DEVICES: Readonly<Record<string, DeviceProfile>> = {
  rpi3: {
    plainSeconds: RPI3_SECONDS,
    otherTimes: RPI3_OTHER_TIMES,
    source: 'measured: DeepThings (Zhao et al., TCAD 2018), figure 1, Darknet with NNPACK',
    idleWatts: 1.4,
    busyWatts: 2.0,
    powerSource: `pidramble.com: 1.4 W idle, 3.7 W with four cores busy; ${QUARTER}`,
  },
  'rpi-zero2': {
    plainSeconds: 16.3,
    otherTimes: 12,
    source: 'estimate: the core of the rpi3 at 1.0 GHz instead of 1.2',
  },
  rpi4: {
    plainSeconds: RPI3_SECONDS / 3,
    otherTimes: 4,
    source: 'estimate: three times an rpi3',
    idleWatts: 2.7,
    busyWatts: 3.6,
    powerSource: `pidramble.com: 2.7 W idle, 6.4 W with four cores busy; ${QUARTER}`,
  },
  rpi5: { plainSeconds: RPI3_SECONDS / 10, otherTimes: 2, source: 'estimate: ten times an rpi3' },
  'jetson-nano': {
    plainSeconds: RPI3_SECONDS / 3,
    otherTimes: 4,
    source: 'estimate: its CPU alone, three times an rpi3',
  },
};

export const DEVICE_NAMES: readonly string[] = Object.keys(DEVICES);

/** Providers whose nodes are this machine, and become a device by a CPU quota; on others it is a name. */
export const EMULATING_PROVIDERS: ReadonlySet<string> = new Set(['local', 'netns', 'docker']);
