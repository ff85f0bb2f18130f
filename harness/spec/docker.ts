/** A testbed's block `docker:`. */
import { type Static, Type } from 'typebox';

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
        pattern: '^(unix|ssh|tcp)://.+$',
        description:
          'the Docker engine, such as unix:///var/run/docker.sock or ssh://user@host (default: the one that `docker` itself takes)',
      }),
    ),
  },
  { additionalProperties: false, description: 'what the provider docker is told' },
);
export type DockerBlock = Static<typeof DockerBlock>;
