/**
 * What a machine may lack. A test that needs it skips where it is absent, and says so; where
 * TILEBED_REQUIRE names it, as in CI, it runs and fails instead.
 */
import { pathExists } from '../../harness/path-exists.ts';
import { findCgroupCpu, findCgroupMemory } from '../../harness/providers/local/cgroup.ts';
import { packetFilterProblem } from '../../harness/providers/local/packet-filter.ts';

const REQUIRED = (process.env['TILEBED_REQUIRE'] ?? '').split(/[\s,]+/);

async function skipWithout(name: string, present: Promise<boolean>): Promise<boolean> {
  return !REQUIRED.includes(name) && !(await present);
}

/** Control groups that this user may make. */
export const withoutCgroups = await skipWithout(
  'cgroups',
  findCgroupMemory().then((found) => typeof found !== 'string'),
);

export const withoutCpuCgroups = await skipWithout(
  'cgroups',
  findCgroupCpu().then((found) => typeof found !== 'string'),
);

/** iptables, and the right to use it. */
export const withoutIptables = await skipWithout(
  'iptables',
  packetFilterProblem().then((problem) => problem === undefined),
);

export const CHROMIUM = process.env['TILEBED_CHROMIUM'] ?? '/usr/bin/chromium';

export const withoutChromium = await skipWithout('chromium', pathExists(CHROMIUM));
