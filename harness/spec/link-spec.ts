/** Links as a testbed's file describes them: of all nodes, of one, of a pair, and the medium of all. */
import { type Static, Type } from 'typebox';

export const RATE_PATTERN = '^(?=[0-9.]*[1-9])[0-9]+(\\.[0-9]+)?\\s*(kbit|mbit|gbit)$';
export const LOSS_PATTERN = '^[0-9]{1,2}(\\.[0-9]+)?\\s*%$';
export const DURATION_PATTERN = '^[0-9]+(\\.[0-9]+)?\\s*(us|ms|s)$';

const shape = {
  rate: Type.Optional(
    Type.String({
      pattern: RATE_PATTERN,
      description: 'such as 40mbit',
    }),
  ),
  delay: Type.Optional(
    Type.String({ pattern: DURATION_PATTERN, description: 'of what a node sends, such as 3ms' }),
  ),
  jitter: Type.Optional(
    Type.String({ pattern: DURATION_PATTERN, description: 'the delay is so much more or less' }),
  ),
  loss: Type.Optional(
    Type.String({
      pattern: LOSS_PATTERN,
      description: 'a part of the packets, such as 0.1%',
    }),
  ),
};

/** A node's connection to all others. */
export const LinkSpec = Type.Object(shape, { additionalProperties: false });
export type LinkSpec = Static<typeof LinkSpec>;

export const MediumSpec = Type.Object(shape, {
  additionalProperties: false,
  description: 'one half-duplex medium that all nodes share, as a Wi-Fi cell is',
});

/** What lies between two nodes, beside their own connections. */
export const PairSpec = Type.Object(
  {
    between: Type.Array(Type.String(), {
      minItems: 2,
      maxItems: 2,
      uniqueItems: true,
      description: 'the names of two nodes',
    }),
    ...shape,
  },
  { additionalProperties: false },
);
export type PairSpec = Static<typeof PairSpec>;
