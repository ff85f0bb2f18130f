/** How many channels onnxruntime's blocked convolution takes together on this processor. */
import * as ort from 'onnxruntime-node';
import { GraphBuilder } from './graph.ts';

/** Channels that the smallest reordering takes. */
const FEW = 4;
let known: Promise<number | undefined> | undefined;

/** Undefined where convolutions are not blocked: everywhere but on x64. Asked of the engine itself. */
export function blockSize(): Promise<number | undefined> {
  known ??= process.arch === 'x64' ? askEngine() : Promise.resolve(undefined);
  return known;
}

/** A map of few channels is filled up to one block. */
async function askEngine(): Promise<number> {
  const graph = new GraphBuilder();
  graph.input('map', [1, FEW, 1, 1]);
  graph.output(graph.blockedNode('ReorderInput', ['map'], 'blocked'), [1, 'channels', 1, 1]);
  const session = await ort.InferenceSession.create(graph.build('block size').model, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const map = new ort.Tensor('float32', new Float32Array(FEW), [1, FEW, 1, 1]);
  const { blocked } = await session.run({ map });
  await session.release();
  return blocked!.dims[1]!;
}
