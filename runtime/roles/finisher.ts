/** What the gateway does with a merged map: the layers behind the fused ones, then detections. */
import { activateDetections, detect, detectionLayers } from '../detect/detect.ts';
import type { Detection } from '../detect/detection.ts';
import type { EngineBytes } from '../engine/engine.ts';
import type { Network } from '../model/network.ts';
import { ComputeThread } from './compute-thread.ts';
import type { GatewayConfig } from './config.ts';
import type { Span } from './events.ts';
import type { TakenFrame } from './frame-assembly.ts';
import { timed } from './role.ts';

export interface FinishedFrame {
  readonly detections: Detection[];
  /** They name neither source nor frame: the caller knows them. */
  readonly spans: readonly Omit<Span, 'source' | 'frame'>[];
  /** Of a network that detects nothing, all that came of the frame. */
  readonly lastMap?: Float32Array;
}

export class Finisher {
  readonly #network: Network;
  readonly #config: GatewayConfig;
  /** Undefined where nothing but detection layers stand behind the fused ones. */
  readonly #compute: ComputeThread | undefined;
  engineBytes: EngineBytes = { weights: 0, activations: 0 };

  private constructor(network: Network, config: GatewayConfig, compute: ComputeThread | undefined) {
    this.#network = network;
    this.#config = config;
    this.#compute = compute;
  }

  static async open(network: Network, config: GatewayConfig): Promise<Finisher> {
    const { work } = config;
    const detecting = detectionLayers(network).map(({ index }) => index - 1);
    // A network without a head is computed to its end all the same.
    const outputs = detecting.length > 0 ? detecting : [network.layers.length - 1];
    const to = outputs.at(-1)! + 1;
    if (to <= work.fusedLayers) return new Finisher(network, config, undefined);
    const { engine, precision, model, threads, cpuShares } = work;
    const from = work.fusedLayers;
    const compute = await ComputeThread.open({
      engine,
      model,
      from,
      to,
      outputs,
      extent: 'whole',
      precision,
      threads,
      cpuShares,
    });
    const finisher = new Finisher(network, config, compute);
    const { channels, height, width } = network.layers[from]!.input;
    for (let round = 0; round < config.warmup; round++) {
      const data = new Float32Array(channels * height * width);
      await compute.run({ input: { kind: 'floats', data, height, width } });
    }
    return finisher;
  }

  /** Takes the map over. */
  async finish(map: Float32Array, picture: TakenFrame): Promise<FinishedFrame> {
    const spans: Span[] = [];
    let outputs: readonly Float32Array[] = [map];
    if (this.#compute !== undefined) {
      const { height, width } = this.#network.layers[this.#config.work.fusedLayers]!.input;
      const result = await this.#compute.run({
        input: { kind: 'floats', data: map, height, width },
      });
      outputs = result.outputs;
      this.engineBytes = result.engineBytes;
      spans.push({ kind: 'finish', startMs: result.startMs, endMs: result.endMs });
    }
    const { threshold, labels } = this.#config;
    const decoded = timed(() => {
      const activated = detectionLayers(this.#network).map((layer, index) =>
        activateDetections(layer, outputs[index]!),
      );
      return detect(this.#network, activated, { picture, threshold, labels });
    });
    spans.push({ kind: 'detect', startMs: decoded.startMs, endMs: decoded.endMs });
    const detects = detectionLayers(this.#network).length > 0;
    return { detections: decoded.result, spans, ...(detects ? {} : { lastMap: outputs[0]! }) };
  }

  async close(): Promise<void> {
    await this.#compute?.close();
  }
}
