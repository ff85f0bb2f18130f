/** Darknet's yolo layer (YOLOv3): like region, with logistic classes and anchors in input pixels. */
import type { Shape, YoloLayer } from '../model/network.ts';
import { logisticInPlace } from './activations.ts';
import type { Candidate } from './candidate.ts';

/** yolo_layer.c, forward_yolo_layer: logistic over position, objectness and classes. */
export function activateYolo(layer: YoloLayer, input: Float32Array): Float32Array {
  const output = Float32Array.from(input);
  const cells = layer.input.height * layer.input.width;
  const planes = 5 + layer.classes;
  for (let anchor = 0; anchor < layer.mask.length; anchor++) {
    const base = anchor * planes * cells;
    logisticInPlace(output, base, 2 * cells);
    logisticInPlace(output, base + 4 * cells, (1 + layer.classes) * cells);
  }
  return output;
}

/** Boxes relative to the network's input (yolo_layer.c, get_yolo_detections, get_yolo_box). */
export function yoloCandidates(
  layer: YoloLayer,
  activated: Float32Array,
  network: Shape,
  threshold: number,
): Candidate[] {
  const { height, width } = layer.input;
  const cells = height * width;
  const planes = 5 + layer.classes;
  const candidates: Candidate[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const [row, column] = [Math.floor(cell / width), cell % width];
    for (const [place, anchor] of layer.mask.entries()) {
      const plane = (index: number) => activated[(place * planes + index) * cells + cell]!;
      const objectness = plane(4);
      if (objectness <= threshold) continue;
      const probabilities = new Float32Array(layer.classes);
      for (let index = 0; index < layer.classes; index++) {
        const probability = Math.fround(objectness * plane(5 + index));
        probabilities[index] = probability > threshold ? probability : 0;
      }
      candidates.push({
        x: (column + plane(0)) / width,
        y: (row + plane(1)) / height,
        width: (Math.exp(plane(2)) * layer.anchors[2 * anchor]!) / network.width,
        height: (Math.exp(plane(3)) * layer.anchors[2 * anchor + 1]!) / network.height,
        objectness,
        probabilities,
      });
    }
  }
  return candidates;
}
