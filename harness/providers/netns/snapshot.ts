/** What of a testbed there is on this machine at the moment, as iproute2 and iptables tell it. */
import { runCommand, tryCommand } from '../../machine/command.ts';
import { forwardRule } from './firewall.ts';
import type { OwnNames } from './names.ts';

export interface Interface {
  readonly name: string;
  readonly up: boolean;
  readonly alias?: string;
  /** The bridge that it is a port of. */
  readonly master?: string;
  /** Such as 10.10.10.3/24. */
  readonly addresses: readonly string[];
}

export interface Snapshot {
  /** All of this machine, by name. */
  readonly interfaces: ReadonlyMap<string, Interface>;
  /** The testbed's own namespaces by name, each with what is in it. */
  readonly namespaces: ReadonlyMap<string, ReadonlyMap<string, Interface>>;
  /** Whether the rule is there that lets frames pass the bridge. */
  readonly forwards: boolean;
}

/** As `ip -json address show` writes it. */
interface IpAddressEntry {
  readonly ifname?: string;
  readonly flags?: readonly string[];
  readonly master?: string;
  readonly addr_info?: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
  }[];
}

export async function takeSnapshot(names: OwnNames): Promise<Snapshot> {
  const own = await ownNamespaces(names);
  const contents = await Promise.all(own.map((namespace) => interfacesIn(['-n', namespace])));
  const { exitCode } = await tryCommand(forwardRule('--check', names));
  return {
    interfaces: withAliases(await interfacesIn([]), await aliases()),
    namespaces: new Map(own.map((namespace, index) => [namespace, contents[index]!])),
    forwards: exitCode === 0,
  };
}

/** Whoever's they are. */
export async function allNamespaces(): Promise<readonly string[]> {
  const text = await runCommand(['ip', '-json', 'netns', 'list']);
  // Nothing at all where there is none.
  const entries = JSON.parse(text || '[]') as { name: string }[];
  return entries.map(({ name }) => name);
}

export async function ownNamespaces({ prefix }: OwnNames): Promise<readonly string[]> {
  return (await allNamespaces()).filter((name) => name.startsWith(prefix));
}

export async function interfacesIn(
  where: readonly string[],
): Promise<ReadonlyMap<string, Interface>> {
  const text = await runCommand(['ip', ...where, '-json', 'address', 'show']);
  const interfaces = (JSON.parse(text || '[]') as IpAddressEntry[]).map(interfaceOf);
  return new Map(interfaces.map((found) => [found.name, found]));
}

/** `ip address` keeps them to itself, `ip link` tells them. */
export async function aliases(): Promise<ReadonlyMap<string, string>> {
  const text = await runCommand(['ip', '-json', 'link', 'show']);
  const entries = JSON.parse(text) as { ifname: string; ifalias?: string }[];
  return new Map(
    entries.flatMap(({ ifname, ifalias }) => (ifalias === undefined ? [] : [[ifname, ifalias]])),
  );
}

function withAliases(
  interfaces: ReadonlyMap<string, Interface>,
  known: ReadonlyMap<string, string>,
): ReadonlyMap<string, Interface> {
  const entries = [...interfaces].map(([name, found]): [string, Interface] => {
    const alias = known.get(name);
    return [name, alias === undefined ? found : { ...found, alias }];
  });
  return new Map(entries);
}

function interfaceOf({ ifname, flags, master, addr_info }: IpAddressEntry): Interface {
  return {
    name: ifname ?? '',
    up: flags?.includes('UP') ?? false,
    ...(master === undefined ? {} : { master }),
    addresses: (addr_info ?? [])
      .filter(({ family }) => family === 'inet')
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
  };
}
