/** Reads a testbed file: schema first, then what no schema can say, then units and defaults. */
import { dirname, resolve } from 'node:path';
import { formatAddress, parseAddress } from './addresses.ts';
import { DEVICE_NAMES, DEVICES, EMULATING_PROVIDERS } from './devices.ts';
import { dockerFaults } from './docker.ts';
import { type Path, SpecDocument } from './document.ts';
import { SpecError, type SpecFault } from './faults.ts';
import { checkAs } from './file-kind.ts';
import { linkFaults, linkOf, resolveLink, resolvePairs } from './links.ts';
import { meterFaults, meterOf } from './meter.ts';
import type { Testbed } from './resolved.ts';
import { closest } from './schema-check.ts';
import { sshFaults } from './ssh-faults.ts';
import { type PlacedNode, subnetFaults, subnetText } from './subnets.ts';
import { type ProviderName, TestbedSpec } from './testbed.ts';
import { parseCpuQuota, parseMemory } from './units.ts';
import { vagrantFaults } from './vagrant.ts';

type Limits = Pick<NonNullable<TestbedSpec['defaults']>, 'device' | 'cpus' | 'cpuQuota' | 'memory'>;

/** Rejects with a SpecError that holds every fault of the file. */
export async function loadTestbed(file: string): Promise<Testbed> {
  return resolveTestbed(await SpecDocument.read(resolve(file)));
}

export function resolveTestbed(document: SpecDocument): Testbed {
  const faults = checkAs('testbed', TestbedSpec, document);
  if (faults.length > 0) throw new SpecError(faults);
  const spec = document.value as TestbedSpec;
  const folder = dirname(document.file);
  const placed = placeNodes(spec, folder);
  faults.push(
    ...subnetFaults(document, spec, placed, usedProviders(spec)),
    ...roleFaults(document, placed),
    ...nameFaults(document, spec),
    ...deviceFaults(document, spec),
    ...blockFaults(document, spec),
    ...linkFaults(
      document,
      spec,
      placed.map(({ node }) => node.name),
    ),
    ...dockerFaults(document, spec),
    ...vagrantFaults(document, spec),
    ...meterFaults(document, spec),
    ...sshFaults(
      document,
      spec,
      placed.map(({ node }) => node.name),
    ),
  );
  if (faults.length > 0) throw new SpecError(faults);
  const nodes = placed.map(({ node }) => node);
  return {
    name: spec.name,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    file: document.file,
    text: document.text,
    seed: spec.seed ?? 1,
    provider: spec.provider,
    subnet: subnetText(spec, spec.provider),
    ...(spec.network.subnets === undefined ? {} : { subnets: spec.network.subnets }),
    ...(spec.network.links === undefined
      ? {}
      : { pairs: resolvePairs(spec.network.links, spec.timeScale) }),
    ...(spec.network.medium === undefined
      ? {}
      : { medium: resolveLink(spec.network.medium, spec.timeScale) }),
    tolerate: spec.tolerate ?? [],
    security: spec.security ?? 'psk',
    ...(spec.timeScale === undefined ? {} : { timeScale: spec.timeScale }),
    ...meterOf(spec.meter, folder),
    nodes: [
      ...nodes.filter(({ role }) => role === 'gateway'),
      ...nodes.filter(({ role }) => role === 'edge'),
    ],
    providerBlock: providerBlock(spec, spec.provider) ?? {},
    ...providerBlocks(spec),
  };
}

function placeNodes(spec: TestbedSpec, folder: string): PlacedNode[] {
  const placed: PlacedNode[] = [];
  for (const [name, { role, address, provider, host, link, meter, ...limits }] of Object.entries(
    spec.nodes ?? {},
  )) {
    placed.push({
      node: {
        name,
        role,
        address,
        ...ownProvider(spec, provider),
        ...(host === undefined ? {} : { host }),
        ...resolveLimits(spec, limits, provider),
        ...linkOf(spec, link),
        ...meterOf(meter, folder),
      },
      addressPath: ['nodes', name, 'address'],
    });
  }
  if (spec.edges !== undefined) {
    const { count, from, provider, host, link, ...limits } = spec.edges;
    const first = parseAddress(from) ?? 0;
    for (let index = 0; index < count; index++) {
      const address = formatAddress(first + index);
      placed.push({
        node: {
          name: `edge${index}`,
          role: 'edge',
          address,
          ...ownProvider(spec, provider),
          ...(host === undefined ? {} : { host }),
          ...resolveLimits(spec, limits, provider),
          ...linkOf(spec, link),
        },
        addressPath: ['edges', 'from'],
      });
    }
  }
  return placed;
}

function ownProvider(spec: TestbedSpec, provider: ProviderName = spec.provider) {
  return provider === spec.provider ? {} : { provider };
}

function resolveLimits(spec: TestbedSpec, own: Limits, provider = spec.provider) {
  const { device, cpus, cpuQuota, memory } = { ...spec.defaults, ...own };
  return {
    ...(device === undefined
      ? {}
      : { device, ...emulation({ ...spec, provider }, device), ...powerOf(spec, device) }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(cpuQuota === undefined ? {} : { cpuQuota: parseCpuQuota(cpuQuota) }),
    ...(memory === undefined ? {} : { memoryBytes: parseMemory(memory) }),
  };
}

function emulation({ provider, devices, timeScale = 1 }: TestbedSpec, device: string) {
  const { plainSeconds, otherTimes } = devices?.[device] ?? DEVICES[device] ?? {};
  if (plainSeconds === undefined || !EMULATING_PROVIDERS.has(provider)) return {};
  return {
    plainMs: (1000 * plainSeconds) / timeScale,
    ...(otherTimes === undefined ? {} : { otherTimes: otherTimes / timeScale }),
  };
}

function powerOf({ devices }: TestbedSpec, device: string) {
  const { idleWatts, busyWatts } = devices?.[device] ?? DEVICES[device] ?? {};
  if (idleWatts === undefined || busyWatts === undefined) return {};
  return { power: { idleWatts, busyWatts } };
}

function roleFaults(document: SpecDocument, placed: readonly PlacedNode[]): SpecFault[] {
  const gateways = placed.filter(({ node }) => node.role === 'gateway');
  const faults: SpecFault[] = [];
  if (gateways.length === 0) {
    const hint = 'add `gateway: { role: gateway, address: ... }` under `nodes`';
    faults.push(document.fault(['nodes'], 'a testbed needs a gateway', { hint, at: 'key' }));
  }
  for (const { node } of gateways.slice(1)) {
    faults.push(
      document.fault(
        ['nodes', node.name, 'role'],
        `${node.name} would be a second gateway: a testbed has one`,
      ),
    );
  }
  if (!placed.some(({ node }) => node.role === 'edge')) {
    const hint = 'give nodes the role `edge`, or add `edges: { count: 2, from: ... }`';
    faults.push(
      document.fault(['nodes'], 'a testbed needs at least one edge', { hint, at: 'key' }),
    );
  }
  return faults;
}

function nameFaults(document: SpecDocument, spec: TestbedSpec): SpecFault[] {
  const count = spec.edges?.count ?? 0;
  return Object.keys(spec.nodes ?? {})
    .filter((name) => /^edge(0|[1-9]\d*)$/.test(name) && Number(name.slice(4)) < count)
    .map((name) =>
      document.fault(
        ['nodes', name],
        `${name} is also made by \`edges\`, which names its edges edge0 to edge${count - 1}`,
        { at: 'key' },
      ),
    );
}

function deviceFaults(document: SpecDocument, spec: TestbedSpec): SpecFault[] {
  const names = [...DEVICE_NAMES, ...Object.keys(spec.devices ?? {})];
  const named: [Path, string | undefined][] = [
    [['defaults', 'device'], spec.defaults?.device],
    [['edges', 'device'], spec.edges?.device],
    ...Object.entries(spec.nodes ?? {}).map(([name, { device }]): [Path, string | undefined] => [
      ['nodes', name, 'device'],
      device,
    ]),
  ];
  return named
    .filter(([, device]) => device !== undefined && !names.includes(device))
    .map(([path, device]) => {
      const best = closest(device!, names);
      const hint =
        best === undefined ? `devices: ${names.join(', ')}` : `did you mean \`${best}\`?`;
      return document.fault(path, `there is no device profile \`${device}\``, { hint });
    });
}

function blockFaults(document: SpecDocument, spec: TestbedSpec): SpecFault[] {
  const used = usedProviders(spec);
  const others = (['docker', 'vagrant', 'ssh'] as const).filter(
    (name) => !used.has(name) && name in spec,
  );
  const whose = used.size === 1 ? `is ${[...used][0]}` : `are ${[...used].join(' and ')}`;
  const subject = used.size === 1 ? "the testbed's" : "the nodes'";
  return others.map((name) =>
    document.fault([name], `this block belongs to the provider ${name}, but ${subject} ${whose}`, {
      at: 'key',
    }),
  );
}

function usedProviders({ provider, nodes = {}, edges }: TestbedSpec): ReadonlySet<ProviderName> {
  return new Set([
    ...Object.values(nodes).map((node) => node.provider ?? provider),
    ...(edges === undefined ? [] : [edges.provider ?? provider]),
  ]);
}

/** Undefined where all nodes are the testbed's own provider's. */
function providerBlocks(spec: TestbedSpec) {
  const used = [...usedProviders(spec)];
  if (used.every((name) => name === spec.provider)) return {};
  return {
    blocks: Object.fromEntries(used.map((name) => [name, providerBlock(spec, name) ?? {}])),
  };
}

function providerBlock(
  spec: TestbedSpec,
  provider: ProviderName,
): Record<string, unknown> | undefined {
  return provider === 'local' || provider === 'netns' ? undefined : spec[provider];
}
