/** The block `ssh:` of a testbed: where its machines are reached, and what may be changed on them. */
import { type Static, Type } from 'typebox';

const Port = Type.Integer({ minimum: 1, maximum: 65535 });
const User = Type.String({
  pattern: '^[a-z_][a-z0-9_.-]*\\$?$',
  description: 'a user’s name there, such as pi',
});
const KeyFile = Type.String({
  minLength: 1,
  description:
    'a private key’s file, such as ~/.ssh/id_ed25519; else the agent and the usual files',
});
const Password = Type.Enum(['ask'], {
  description: 'ask for a password at the terminal; one is never stored, nor read from a file',
});

const login = {
  port: Type.Optional(Port),
  user: Type.Optional(User),
  key: Type.Optional(KeyFile),
  password: Type.Optional(Password),
};

const Jump = Type.Object(
  { address: Type.String({ minLength: 1 }), ...login },
  { additionalProperties: false, description: 'a machine through which the others are reached' },
);

const host = { ...login, jump: Type.Optional(Jump) };

const Wifi = Type.Object(
  {
    ssid: Type.String({ minLength: 1, maxLength: 32 }),
    passwordFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'a file with the network’s password, which no testbed should hold',
      }),
    ),
  },
  { additionalProperties: false },
);

/** What `up` writes to /etc/netplan/60-tilebed.yaml. */
const Netplan = Type.Object(
  {
    interface: Type.String({
      pattern: '^[a-zA-Z0-9_.-]{1,15}$',
      description: 'the name of an interface there, such as eth0',
    }),
    wifi: Type.Optional(Wifi),
    gateway: Type.Optional(
      Type.String({
        pattern: '^\\d{1,3}(\\.\\d{1,3}){3}$',
        description:
          'the address of the subnet’s router, where the nodes are to reach other networks',
      }),
    ),
    nameservers: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
    rollbackSeconds: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 600,
        description: 'an address that is not confirmed by then is taken back; 60 by default',
      }),
    ),
  },
  { additionalProperties: false, description: 'gives the nodes their addresses, by netplan' },
);

export const SshBlock = Type.Object(
  {
    ...host,
    hostKeys: Type.Optional(
      Type.Enum(['ask', 'accept-new', 'strict'], {
        description:
          'what to do with a machine whose key is not known yet: ask (default), accept, or refuse',
      }),
    ),
    knownHosts: Type.Optional(
      Type.String({ minLength: 1, description: 'a file; ~/.ssh/known_hosts by default' }),
    ),
    hosts: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object(
          { address: Type.Optional(Type.String({ minLength: 1 })), ...host },
          { additionalProperties: false },
        ),
        { description: 'by node: where it is reached, where that is not its testbed address' },
      ),
    ),
    node: Type.Optional(
      Type.String({
        pattern: '^(/.*|bundled)$',
        description:
          'the path of Node.js on the machines; `bundled` (default) puts one there, without internet',
      }),
    ),
    nodeArchives: Type.Optional(
      Type.Object(
        {
          'linux-x64': Type.Optional(Type.String({ minLength: 1 })),
          'linux-arm64': Type.Optional(Type.String({ minLength: 1 })),
          'linux-arm': Type.Optional(Type.String({ minLength: 1 })),
        },
        {
          additionalProperties: false,
          description:
            'archives (.tgz) of Node.js by platform, where npm is not to be asked for one',
        },
      ),
    ),
    governor: Type.Optional(
      Type.String({
        pattern: '^[a-z_]+$',
        description:
          'the name of a frequency governor of the CPUs, such as performance; put back by `down`',
      }),
    ),
    netplan: Type.Optional(Netplan),
    linkReset: Type.Optional(
      Type.String({
        pattern: '^[1-9]\\d{0,3}(s|m|h)$',
        description:
          'how long after tilebed’s last word a machine takes its own shaping back; 15m by default',
      }),
    ),
  },
  { additionalProperties: false, description: 'of the provider ssh' },
);
export type SshBlock = Static<typeof SshBlock>;
export type NetplanBlock = Static<typeof Netplan>;
