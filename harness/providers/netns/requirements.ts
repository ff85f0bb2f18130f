/**
 * What namespaces need of a machine, tried for real: a pair of namespaces is made, connected, and gone
 * again. The trial runs in namespaces of its own without a name, so nothing is left of it even when it
 * is killed.
 */
import { tryCommand } from '../../machine/command.ts';
import { CONTROLLERS, type ControlGroups } from '../../machine/control-groups.ts';
import type { Requirement } from '../provider.ts';
import { bridgesAreFiltered } from './firewall.ts';

/** A node's end, a bridge and a link between them, as `up` makes them. */
const PAIR = `mount -t tmpfs tmpfs /run && ip netns add peer &&
ip link add probe type veth peer name eth0 netns peer && ip link add bridge0 type bridge &&
ip link set probe master bridge0 up && ip -n peer link set eth0 up &&
nsenter --net=/run/netns/peer unshare --uts true && ip netns delete peer`;

export async function netnsRequirements(groups: ControlGroups): Promise<readonly Requirement[]> {
  const root = process.getuid?.() === 0;
  const requirements = [
    await command('iproute2', ['ip', '-Version'], 'makes namespaces and links'),
    await command('tc', ['tc', '-Version'], 'shapes links', 'iproute2'),
    await command('util-linux', ['nsenter', '--version'], 'runs commands in namespaces'),
    {
      name: 'root',
      ok: root,
      detail: root ? 'this user may make namespaces' : 'only root may make network namespaces',
      ...(root ? {} : { fix: 'run tilebed as root, such as `sudo tilebed up ...`' }),
    },
    await firewall(),
    limits(groups),
  ];
  // Without one of these the trial could only say the same again, and worse.
  return requirements.every(({ ok }) => ok) ? [...requirements, await pair()] : requirements;
}

async function command(
  name: string,
  argv: readonly string[],
  detail: string,
  debianPackage = name,
): Promise<Requirement> {
  const { exitCode } = await tryCommand(argv);
  if (exitCode === 0) return { name, ok: true, detail };
  return {
    name,
    ok: false,
    detail: `\`${argv[0]}\`, of the package ${debianPackage}, is not found`,
    fix: `apt-get install ${debianPackage}`,
  };
}

async function firewall(): Promise<Requirement> {
  const name = 'iptables';
  if (!(await bridgesAreFiltered())) {
    return { name, ok: true, detail: 'not needed: frames of bridges are not filtered here' };
  }
  const { exitCode, stderr } = await tryCommand(['iptables', '--list-rules', 'FORWARD']);
  if (exitCode === 0) return { name, ok: true, detail: 'lets frames pass the testbed’s bridge' };
  const detail =
    exitCode === undefined ? 'frames of bridges are filtered, and iptables is not found' : stderr;
  return { name, ok: false, detail, fix: 'apt-get install iptables' };
}

function limits({ version, problems }: ControlGroups): Requirement {
  const lacking = CONTROLLERS.flatMap((controller) => problems[controller] ?? []);
  return {
    name: 'limits',
    // A testbed without limits needs none: whether they are wanted is seen when it comes up.
    ok: true,
    detail: lacking.length === 0 ? `control groups, version ${version}` : lacking.join('; '),
  };
}

async function pair(): Promise<Requirement> {
  const name = 'a pair of namespaces';
  const { exitCode, stderr } = await tryInNamespace(PAIR);
  if (exitCode === 0) return { name, ok: true, detail: 'made, connected and removed' };
  const detail = stderr.trim();
  return { name, ok: false, detail, fix: 'a kernel with namespaces, veth and bridge is needed' };
}

/** Runs a script in network and mount namespaces that vanish with it. */
function tryInNamespace(script: string) {
  return tryCommand(['unshare', '--net', '--mount', 'sh', '-c', script]);
}
