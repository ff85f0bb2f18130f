/** What of a testbed there is in an engine at the moment, as Docker tells it. */
import type { Engine } from './engine.ts';
import { OWNER_LABEL, type OwnNames, ownerLabel } from './names.ts';

/** Of `docker container inspect`, what is looked at. */
export interface Container {
  readonly Name: string;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly Pid: number;
  };
  readonly HostConfig: { readonly CpuQuota: number };
  readonly Config: { readonly Labels: Readonly<Record<string, string>> | null };
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>;
  };
}

export interface Network {
  readonly Name: string;
  /** `swarm` for an overlay, which only a manager makes and removes. */
  readonly Scope?: 'local' | 'swarm';
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string }[] | null };
}

export interface Snapshot {
  /** The testbed's own, by name. */
  readonly containers: ReadonlyMap<string, Container>;
  readonly volumes: ReadonlySet<string>;
  readonly network: Network | undefined;
  /** All others of the engine. */
  readonly otherNetworks: readonly Network[];
}

export async function takeSnapshot(engine: Engine, names: OwnNames): Promise<Snapshot> {
  const label = ownerLabel(names);
  const [containerIds, volumes, networkIds] = await Promise.all([
    engine.labelled('container', label),
    engine.labelled('volume', label),
    engine.run(['network', 'ls', '--quiet', '--no-trunc']),
  ]);
  const [containers, networks] = await Promise.all([
    engine.inspect<Container>('container', containerIds),
    engine.inspect<Network>('network', networkIds.split('\n').filter(Boolean)),
  ]);
  const isOwn = ({ Name, Labels }: Network) =>
    Name === names.network && Labels?.[OWNER_LABEL] === names.owner;
  return {
    containers: new Map(containers.map((found) => [found.Name.replace(/^\//, ''), found])),
    volumes: new Set(volumes),
    network: networks.find(isOwn),
    otherNetworks: networks.filter((network) => !isOwn(network)),
  };
}

export function subnetsOf({ IPAM }: Network): readonly string[] {
  return (IPAM.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet]));
}
