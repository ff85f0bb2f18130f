/** Darknet's region layer (YOLOv2): from raw numbers to boxes with class probabilities. */
import type { RegionLayer } from '../model/network.ts';
import { logisticInPlace, softmaxInPlace } from './activations.ts';
import type { Candidate } from './candidate.ts';

/**
 * The layer's forward pass (region_layer.c, forward_region_layer): logistic over position and
 * objectness, softmax (or logistic) over the classes, width and height as they are.
 *
 * @param input [anchors · (5 + classes)][height][width]; unchanged
 */
export function activateRegion(layer: RegionLayer, input: Float32Array): Float32Array {
  const output = Float32Array.from(input);
  const cells = layer.input.height * layer.input.width;
  const planes = layer.coords + 1 + layer.classes;
  for (let anchor = 0; anchor < layer.anchors.length / 2; anchor++) {
    const base = anchor * planes * cells;
    logisticInPlace(output, base, 2 * cells);
    logisticInPlace(output, base + layer.coords * cells, cells);
    const classes = base + (layer.coords + 1) * cells;
    if (layer.softmax) {
      for (let cell = 0; cell < cells; cell++) {
        softmaxInPlace(output, classes + cell, cells, layer.classes);
      }
    } else logisticInPlace(output, classes, layer.classes * cells);
  }
  return output;
}

/** Boxes relative to the network's input (region_layer.c, get_region_detections, get_region_box). */
export function regionCandidates(
  layer: RegionLayer,
  activated: Float32Array,
  threshold: number,
): Candidate[] {
  const { height, width } = layer.input;
  const cells = height * width;
  const planes = layer.coords + 1 + layer.classes;
  const candidates: Candidate[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const [row, column] = [Math.floor(cell / width), cell % width];
    for (let anchor = 0; anchor < layer.anchors.length / 2; anchor++) {
      const plane = (index: number) => activated[(anchor * planes + index) * cells + cell]!;
      const objectness = plane(layer.coords);
      if (objectness <= threshold) continue;
      const probabilities = new Float32Array(layer.classes);
      for (let index = 0; index < layer.classes; index++) {
        const probability = Math.fround(objectness * plane(layer.coords + 1 + index));
        probabilities[index] = probability > threshold ? probability : 0;
      }
      candidates.push({
        x: (column + plane(0)) / width,
        y: (row + plane(1)) / height,
        width: (Math.exp(plane(2)) * layer.anchors[2 * anchor]!) / width,
        height: (Math.exp(plane(3)) * layer.anchors[2 * anchor + 1]!) / height,
        objectness,
        probabilities,
      });
    }
  }
  return candidates;
}
