/**
 * What a machine may lack. A test that needs it skips where it is absent, and says so; where
 * TILEBED_REQUIRE names it, as in CI, it runs and fails instead.
 */
import { findControlGroups } from '../../harness/machine/control-groups.ts';
import { pathExists } from '../../harness/path-exists.ts';
import { packetFilterProblem } from '../../harness/providers/local/packet-filter.ts';
import { netnsProvider } from '../../harness/providers/netns/provider.ts';
import { canHaveEngine, canStartEngine } from './docker-engine.ts';

const REQUIRED = (process.env['TILEBED_REQUIRE'] ?? '').split(/[\s,]+/);

export async function skipWithout(name: string, present: Promise<boolean>): Promise<boolean> {
  return !REQUIRED.includes(name) && !(await present);
}

/** Control groups that this user may make. */
export const withoutCgroups = await skipWithout(
  'cgroups',
  findControlGroups().then(({ roots }) => roots.memory !== undefined && roots.cpu !== undefined),
);

/** Network namespaces that this user may make. */
export const withoutNetns = await skipWithout(
  'netns',
  netnsProvider.requirements().then((requirements) => requirements.every(({ ok }) => ok)),
);

/** iptables, and the right to use it. */
export const withoutIptables = await skipWithout(
  'iptables',
  packetFilterProblem().then((problem) => problem === undefined),
);

export const CHROMIUM = process.env['TILEBED_CHROMIUM'] ?? '/usr/bin/chromium';

export const withoutChromium = await skipWithout('chromium', pathExists(CHROMIUM));

/** A Docker engine that answers, or the means to start one. */
export const withoutDocker = await skipWithout('docker', canHaveEngine());

/** The means to start engines of one's own, in namespaces. */
export const withoutDockerd = await skipWithout('docker', canStartEngine());

/** OpenSSH's server, which tests start themselves. */
export const withoutSshd = await skipWithout('sshd', pathExists('/usr/sbin/sshd'));
