/** An experiment as its YAML describes it; the schema is the one source, as for testbeds. */
import { type Static, Type } from 'typebox';
import { ENGINE_NAMES } from '../../runtime/engine/registry.ts';
import { PRECISIONS } from '../../runtime/model/precision.ts';
import { ALIGNMENTS, ORDERS, STRATEGY_NAMES } from '../../runtime/schedule/strategies.ts';
import { FRAME_TRANSFERS, HALO_TRANSFERS } from '../../runtime/schedule/transfer.ts';
import { RATE_PATTERN } from './rate.ts';

const Duration = Type.String({
  pattern: '^[0-9]+(\\.[0-9]+)?\\s*(ms|s|m|h)$',
  description: 'a duration such as 500ms, 2s or 10m',
});
const Share = Type.String({
  pattern: '^(100|[1-9][0-9]?)(\\.[0-9]+)?\\s*%$',
  description: 'a share from 1% to 100%, such as 25%',
});
const GridText = Type.String({
  pattern: '^[1-9][0-9]*x[1-9][0-9]*$',
  description: 'rows x columns, such as 5x5',
});
const RateText = Type.String({
  pattern: RATE_PATTERN,
  description:
    '`back-to-back`, a fixed rate such as `2.5fps`, or random arrivals such as `poisson 2.5fps`',
});

export const ExperimentSpec = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,60}$' }),
    description: Type.Optional(Type.String()),
    seed: Type.Optional(Type.Integer()),
    testbed: Type.Optional(
      Type.String({ description: 'path of the testbed file, relative to this file' }),
    ),
    model: Type.Object(
      {
        cfg: Type.String({
          description:
            'a Darknet cfg: a path relative to this file, or a built-in (yolov2.cfg, yolov2-tiny.cfg)',
        }),
        weights: Type.Union(
          [
            Type.String({
              description:
                'a Darknet weights file, synthetic:SEED, or a name that `tilebed model pull` knows',
            }),
            Type.Array(Type.String(), { minItems: 1 }),
          ],
          { description: 'one of these, or a list of which the first that is there is used' },
        ),
        names: Type.Optional(Type.String({ description: 'file with one class label a line' })),
      },
      { additionalProperties: false },
    ),
    frames: Type.Object(
      {
        count: Type.Integer({ minimum: 1, description: 'frames that each source gives' }),
        images: Type.Optional(
          Type.String({
            description: 'folder of JPEG and PNG pictures; without it frames are generated',
          }),
        ),
        sources: Type.Optional(
          Type.Union(
            [
              Type.String({ pattern: '^all$', description: '`all` or a list of edges' }),
              Type.Array(Type.String(), { minItems: 1, uniqueItems: true }),
            ],
            {
              description:
                'edges that have frames: their names, or `all` that take part; default: the first',
            },
          ),
        ),
        rate: Type.Optional(RateText),
      },
      { additionalProperties: false },
    ),
    matrix: Type.Object(
      {
        edges: Type.Optional(
          Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, uniqueItems: true }),
        ),
        grid: Type.Optional(
          Type.Array(GridText, {
            minItems: 1,
            uniqueItems: true,
            description: 'rows x columns of tiles, for strategies that have a grid',
          }),
        ),
        fusedLayers: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, uniqueItems: true }),
        strategy: Type.Optional(
          Type.Array(Type.Enum([...STRATEGY_NAMES]), {
            minItems: 1,
            uniqueItems: true,
            description: 'how a frame is distributed; default deepthings',
          }),
        ),
        sources: Type.Optional(
          Type.Array(Type.Integer({ minimum: 1 }), {
            minItems: 1,
            uniqueItems: true,
            description: 'how many of the edges, from the first on, have frames',
          }),
        ),
        rate: Type.Optional(
          Type.Array(RateText, {
            minItems: 1,
            uniqueItems: true,
            description: 'when the frames of each source come',
          }),
        ),
        reuse: Type.Optional(
          Type.Array(Type.Boolean(), {
            minItems: 1,
            uniqueItems: true,
            description: "whether tiles use their neighbours' halos; default true",
          }),
        ),
        order: Type.Optional(
          Type.Array(Type.Enum([...ORDERS]), {
            minItems: 1,
            uniqueItems: true,
            description:
              'in which order tiles are taken where halos are reused; default checkerboard',
          }),
        ),
        align: Type.Optional(
          Type.Array(Type.Enum([...ALIGNMENTS]), {
            minItems: 1,
            uniqueItems: true,
            description: 'how strips are cut over layers; default per-layer',
          }),
        ),
        precision: Type.Optional(
          Type.Array(Type.Enum([...PRECISIONS]), {
            minItems: 1,
            uniqueItems: true,
            description: 'in what weights are held; default float32',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    engine: Type.Optional(
      Type.Enum([...ENGINE_NAMES], { description: 'what computes; default onnxruntime' }),
    ),
    threshold: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'detections below this probability are dropped; default 0.24',
      }),
    ),
    framesInFlight: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 64,
        description: 'frames of one source that are taken and not yet answered; default 3',
      }),
    ),
    transfer: Type.Optional(
      Type.Object(
        {
          frames: Type.Optional(
            Type.Enum([...FRAME_TRANSFERS], {
              description:
                "parts of a frame: `pixels` where those are fewer bytes, or always `floats`, the network's input; default pixels",
            }),
          ),
          halos: Type.Optional(
            Type.Enum([...HALO_TRANSFERS], {
              description:
                'from the edge that computed them, or through the gateway; default direct',
            }),
          ),
        },
        {
          additionalProperties: false,
          description: "how nodes send what they send: as the papers' program does, or with less",
        },
      ),
    ),
    repeat: Type.Optional(Type.Integer({ minimum: 1 })),
    reference: Type.Optional(
      Type.Object(
        {
          every: Type.Integer({
            minimum: 1,
            description: 'the first trial runs before the first, after so many, and after the last',
          }),
        },
        {
          additionalProperties: false,
          description: 'repeats one trial through the run: whether the machine drifts',
        },
      ),
    ),
    warmup: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'frames computed and thrown away before each repetition',
      }),
    ),
    timeout: Type.Optional(Duration),
    liveness: Type.Optional(
      Type.Object(
        { heartbeat: Type.Optional(Duration), lostAfter: Type.Optional(Duration) },
        { additionalProperties: false },
      ),
    ),
    faults: Type.Optional(
      Type.Array(
        Type.Object(
          {
            at: Duration,
            kill: Type.Optional(Type.String({ description: 'a node: its processes end' })),
            freeze: Type.Optional(Type.String({ description: 'a node: its processes stop' })),
            slow: Type.Optional(Type.String({ description: 'a node: its CPUs are limited' })),
            cut: Type.Optional(Type.String({ description: 'a node: its packets are dropped' })),
            return: Type.Optional(
              Type.String({ description: 'an edge that was killed: it starts again' }),
            ),
            join: Type.Optional(
              Type.String({ description: 'an edge: it starts then, not at the beginning' }),
            ),
            for: Type.Optional(Duration),
            to: Type.Optional(Share),
          },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false, $id: 'tilebed-experiment', title: 'tilebed experiment' },
);
export type ExperimentSpec = Static<typeof ExperimentSpec>;
