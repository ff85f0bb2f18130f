/** What can be done on purpose to a node that is reached over SSH. */
import type { GroupLimits } from '../../machine/control-groups.ts';
import { slowedQuota } from '../../machine/node-faults.ts';
import type { TestbedNode } from '../../spec/resolved.ts';
import type { NodeFaults } from '../provider.ts';
import type { OwnNames } from './hosts.ts';
import { type Limiter, limitsOf } from './limits.ts';
import type { Machine } from './machine.ts';
import { siteMark } from './marks.ts';

/** Signals all processes that carry the mark; one that has ended meanwhile is well. */
const SIGNAL = `for file in $(grep -l -F -e "$1" /proc/[0-9]*/environ 2> /dev/null); do
  pid="\${file#/proc/}"
  kill -s "$2" "\${pid%/environ}" 2> /dev/null
done
true`;

/** Drops all but the harness' connections: it must be able to take the cut back. */
const CUT = `chain="$1"; address="$2"; port="$3"
iptables -w 5 -N "$chain" || exit
iptables -w 5 -A "$chain" -d "$address" -p tcp --dport "$port" -j RETURN &&
iptables -w 5 -A "$chain" -s "$address" -p tcp --sport "$port" -j RETURN &&
iptables -w 5 -A "$chain" -s "$address" -j DROP &&
iptables -w 5 -A "$chain" -d "$address" -j DROP &&
iptables -w 5 -I INPUT -d "$address" -j "$chain" &&
iptables -w 5 -I OUTPUT -s "$address" -j "$chain"`;

/** Takes the chain away whatever there is of it; fails without one. */
export const MEND = `chain="$1"
iptables -w 5 -n -L "$chain" > /dev/null 2>&1 || exit 1
for hook in INPUT OUTPUT; do
  iptables -w 5 -S "$hook" | grep -e "-j $chain\\$" | sed 's/^-A/-D/' | while read -r rule; do iptables -w 5 $rule; done
done
iptables -w 5 -F "$chain" && iptables -w 5 -X "$chain"`;

export function chainName({ id }: OwnNames, node: string): string {
  return `tb-${id.slice(0, 8)}-${node}`.slice(0, 28);
}

export interface SshNodeFaultsOptions {
  readonly spec: TestbedNode;
  readonly machine: Machine;
  readonly names: OwnNames;
  readonly limiter: () => Promise<Limiter>;
}

export class SshNodeFaults implements NodeFaults {
  readonly #node: SshNodeFaultsOptions;

  constructor(node: SshNodeFaultsOptions) {
    this.#node = node;
  }

  async freeze() {
    await this.#signal('STOP');
    return () => this.#signal('CONT');
  }

  async slow(share: number) {
    const { spec } = this.#node;
    await this.#limit({ ...limitsOf(spec), cpuQuota: slowedQuota(spec, share) });
    return () => this.#limit(limitsOf(spec));
  }

  async cut() {
    const { machine, names, spec } = this.#node;
    const chain = chainName(names, spec.name);
    const port = String(machine.host.port);
    await machine.run(['sh', '-c', CUT, 'sh', chain, spec.address, port], { asRoot: true });
    return async () => {
      await machine.try(['sh', '-c', MEND, 'sh', chain], { asRoot: true });
    };
  }

  async #signal(signal: 'STOP' | 'CONT'): Promise<void> {
    const { machine, names, spec } = this.#node;
    await machine.run(['sh', '-c', SIGNAL, 'sh', siteMark(names, spec.name), signal]);
  }

  async #limit(limits: GroupLimits): Promise<void> {
    const limiter = await this.#node.limiter();
    for (const command of limiter.commands(limits)) {
      await this.#node.machine.run(command, { asRoot: true });
    }
  }
}
