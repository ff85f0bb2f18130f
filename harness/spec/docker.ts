/** A testbed's block `docker:`, and where its nodes are to be. */
import { type Static, Type } from 'typebox';
import type { Path, SpecDocument } from './document.ts';
import type { SpecFault } from './faults.ts';

const EngineAddress = '^(unix|ssh|tcp)://.+$';

export const DockerBlock = Type.Object(
  {
    base: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9][A-Za-z0-9._/:@-]*$',
        description:
          'the name of an image to make nodes from, such as debian:stable-slim (default: exactly what is needed, without one)',
      }),
    ),
    engine: Type.Optional(
      Type.String({
        pattern: EngineAddress,
        description:
          'the Docker engine, such as unix:///var/run/docker.sock or ssh://user@host (default: the one that `docker` itself takes)',
      }),
    ),
    hosts: Type.Optional(
      Type.Array(Type.String({ pattern: EngineAddress }), {
        minItems: 2,
        uniqueItems: true,
        description:
          'Docker engines of one swarm, over which nodes are spread, such as [unix:///var/run/docker.sock, ssh://user@host]',
      }),
    ),
  },
  { additionalProperties: false, description: 'what the provider docker is told' },
);
export type DockerBlock = Static<typeof DockerBlock>;

interface SpecWithHosts {
  readonly docker?: DockerBlock;
  readonly nodes?: Readonly<Record<string, { readonly host?: string }>>;
  readonly edges?: { readonly host?: string };
}

/** What the schema cannot say. */
export function dockerFaults(document: SpecDocument, spec: SpecWithHosts): SpecFault[] {
  const { hosts, engine } = spec.docker ?? {};
  const wishes: [Path, string | undefined][] = [
    [['edges', 'host'], spec.edges?.host],
    ...Object.entries(spec.nodes ?? {}).map(([name, { host }]): [Path, string | undefined] => [
      ['nodes', name, 'host'],
      host,
    ]),
  ];
  const unknown = wishes
    .filter(([, host]) => host !== undefined && !hosts?.includes(host))
    .map(([path, host]) =>
      document.fault(path, `\`${host}\` is none of \`docker.hosts\``, {
        hint:
          hosts === undefined
            ? 'list the engines: `docker: { hosts: [unix:///var/run/docker.sock, ssh://user@host] }`'
            : `hosts: ${hosts.join(', ')}`,
      }),
    );
  if (hosts === undefined || engine === undefined) return unknown;
  const both = document.fault(
    ['docker', 'engine'],
    '`docker.engine` is one engine, `docker.hosts` are several: a testbed has either',
    { hint: 'list it under `hosts`, or take one of the keys out', at: 'key' },
  );
  return [both, ...unknown];
}
