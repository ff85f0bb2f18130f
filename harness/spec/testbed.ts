/**
 * A testbed as its YAML describes it. The schema is the source of types, validation, editor
 * completion and reference; `resolved.ts` is what the rest of the harness works with.
 */
import { type Static, Type } from 'typebox';
import { DockerBlock } from './docker.ts';
import { LinkSpec, MediumSpec, PairSpec } from './link-spec.ts';
import { SshBlock } from './ssh.ts';
import { VagrantSpec } from './vagrant.ts';

export const PROVIDER_NAMES = ['local', 'netns', 'docker', 'vagrant', 'ssh'] as const;
const ProviderName = Type.Enum([...PROVIDER_NAMES]);
export type ProviderName = (typeof PROVIDER_NAMES)[number];

const Address = Type.String({
  pattern: '^\\d{1,3}(\\.\\d{1,3}){3}$',
  description: 'an IPv4 address, such as 10.10.10.3',
});
const Cidr = Type.String({
  pattern: '^\\d{1,3}(\\.\\d{1,3}){3}/\\d{1,2}$',
  description: 'such as 10.10.10.0/24',
});
const NodeName = '^[a-z][a-z0-9-]{0,30}$';

export const MemorySize = Type.String({
  pattern: '^[1-9][0-9]*(\\.[0-9]+)?\\s*(KiB|MiB|GiB|KB|MB|GB)$',
  description: 'a size with its unit, such as 512MiB or 1GiB',
});

/** A number of CPUs, or a share of one CPU in percent. */
const CpuQuota = Type.Unsafe<number | string>({
  type: ['number', 'string'],
  exclusiveMinimum: 0,
  pattern: '^(?!0+(\\.0+)?\\s*%)[0-9]+(\\.[0-9]+)?\\s*%$',
  description:
    'CPU time that the node may use: a number of CPUs such as 0.25, or a share such as 25%',
});

const Host = Type.String({
  description: 'of the provider docker with several engines: the one of `docker.hosts` to be on',
});

const limits = {
  device: Type.Optional(Type.String({ description: 'a device profile, such as rpi3' })),
  cpus: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0 }), {
      minItems: 1,
      uniqueItems: true,
      description: 'CPUs the node is pinned to',
    }),
  ),
  cpuQuota: Type.Optional(CpuQuota),
  memory: Type.Optional(MemorySize),
};

const MeterSpec = Type.Object(
  {
    command: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description: 'a command of this machine that prints watts: a line a reading, or once',
      }),
    ),
    file: Type.Optional(
      Type.String({
        description: 'a file of this machine that holds watts, relative to this file',
      }),
    ),
    every: Type.Optional(
      Type.String({
        pattern: '^[0-9]+(\\.[0-9]+)?\\s*(ms|s)$',
        description: 'time between readings; default 1s',
      }),
    ),
    unit: Type.Optional(
      Type.Enum(['W', 'mW', 'uW'], { description: 'of the readings; default W' }),
    ),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'a power meter: a command or a file',
  },
);

export const NodeSpec = Type.Object(
  {
    role: Type.Enum(['gateway', 'edge']),
    address: Address,
    provider: Type.Optional(ProviderName),
    host: Type.Optional(Host),
    link: Type.Optional(LinkSpec),
    meter: Type.Optional(MeterSpec),
    ...limits,
  },
  { additionalProperties: false },
);

export const TestbedSpec = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z][a-z0-9-]{0,40}$',
      description: 'lower-case letters, digits and hyphens',
    }),
    description: Type.Optional(Type.String()),
    seed: Type.Optional(Type.Integer()),
    provider: ProviderName,
    network: Type.Object(
      {
        subnet: Cidr,
        subnets: Type.Optional(
          Type.Partial(
            Type.Object({ local: Cidr, netns: Cidr, docker: Cidr, vagrant: Cidr, ssh: Cidr }),
            {
              additionalProperties: false,
              description: 'by provider: where nodes of several are, and not all in `subnet`',
            },
          ),
        ),
        link: Type.Optional(LinkSpec),
        links: Type.Optional(
          Type.Array(PairSpec, {
            description: 'what lies between two nodes, in addition to the links of both',
          }),
        ),
        medium: Type.Optional(MediumSpec),
      },
      { additionalProperties: false },
    ),
    tolerate: Type.Optional(
      Type.Array(Type.Enum(['pin', 'quota', 'memory', 'shape', 'delay']), {
        uniqueItems: true,
        description: 'wishes that become a warning, not an error, where they cannot be kept',
      }),
    ),
    security: Type.Optional(
      Type.Enum(['psk', 'none'], {
        description:
          'psk (default): TLS with a key made for this testbed; none: plain sockets, as in the papers',
      }),
    ),
    devices: Type.Optional(
      Type.Record(
        Type.String({ pattern: NodeName }),
        Type.Object(
          {
            plainSeconds: Type.Number({
              exclusiveMinimum: 0,
              description: 'what the first 16 layers of YOLOv2 take on one of its cores',
            }),
            idleWatts: Type.Optional(
              Type.Number({ exclusiveMinimum: 0, description: 'what it uses when idle' }),
            ),
            busyWatts: Type.Optional(
              Type.Number({ exclusiveMinimum: 0, description: 'what it uses with one core busy' }),
            ),
            otherTimes: Type.Optional(
              Type.Number({
                exclusiveMinimum: 0,
                description:
                  'how many times longer than here all but the layers takes, messages and pictures; default: as much as the layers',
              }),
            ),
            source: Type.Optional(Type.String({ description: 'who measured that, and how' })),
          },
          { additionalProperties: false },
        ),
        { description: 'device profiles of your own, by name', additionalProperties: false },
      ),
    ),
    timeScale: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 64,
        description:
          'everything runs so many times faster: emulated devices and links; reports divide it out again',
      }),
    ),
    meter: Type.Optional(MeterSpec),
    defaults: Type.Optional(Type.Object(limits, { additionalProperties: false })),
    nodes: Type.Optional(
      Type.Record(Type.String({ pattern: NodeName }), NodeSpec, {
        description: 'nodes by name',
        additionalProperties: false,
      }),
    ),
    edges: Type.Optional(
      Type.Object(
        {
          count: Type.Integer({ minimum: 1, maximum: 4096 }),
          from: Address,
          provider: Type.Optional(ProviderName),
          host: Type.Optional(Host),
          link: Type.Optional(LinkSpec),
          ...limits,
        },
        {
          additionalProperties: false,
          description: 'a row of equal edges, edge0 upwards, at consecutive addresses',
        },
      ),
    ),
    docker: Type.Optional(DockerBlock),
    vagrant: Type.Optional(VagrantSpec),
    ssh: Type.Optional(SshBlock),
  },
  { additionalProperties: false, $id: 'tilebed-testbed', title: 'tilebed testbed' },
);
export type TestbedSpec = Static<typeof TestbedSpec>;
