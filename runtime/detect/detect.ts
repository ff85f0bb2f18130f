/** From the maps in front of a network's detection layers to detections in pixels of the picture. */
import { letterboxFor } from '../frames/letterbox.ts';
import { type DetectionLayer, isDetectionLayer, type Network } from '../model/network.ts';
import type { Candidate } from './candidate.ts';
import type { Detection } from './detection.ts';
import { activateRegion, regionCandidates } from './region.ts';
import { suppressOverlaps } from './suppress.ts';
import { activateYolo, yoloCandidates } from './yolo.ts';

/** Darknet's own, in its detector. */
const SUPPRESSION_THRESHOLD = 0.45;

/** The network's detection layers; each reads the layer before it. */
export function detectionLayers(network: Network): DetectionLayer[] {
  return network.layers.filter(isDetectionLayer);
}

/** What the layer itself puts out, given what the layer before put out. */
export function activateDetections(layer: DetectionLayer, input: Float32Array): Float32Array {
  return layer.kind === 'region' ? activateRegion(layer, input) : activateYolo(layer, input);
}

export interface DetectOptions {
  readonly picture: { readonly width: number; readonly height: number };
  /** Between 0 and 1; objects less probable are dropped. */
  readonly threshold: number;
  readonly labels: readonly string[];
}

/**
 * @param activated what each detection layer put out, in order
 * @returns most probable first; one detection for every class of a box above the threshold
 */
export function detect(
  network: Network,
  activated: readonly Float32Array[],
  { picture, threshold, labels }: DetectOptions,
): Detection[] {
  const candidates = detectionLayers(network).flatMap((layer, index) =>
    layer.kind === 'region'
      ? regionCandidates(layer, activated[index]!, threshold)
      : yoloCandidates(layer, activated[index]!, network.input, threshold),
  );
  suppressOverlaps(candidates, SUPPRESSION_THRESHOLD);
  const detections = candidates.flatMap((candidate) => {
    const box = boxInPicture(candidate, network, picture);
    return [...candidate.probabilities.entries()]
      .filter(([, probability]) => probability > 0)
      .map(([label, probability]) => ({
        class: label,
        label: labels[label] ?? String(label),
        probability,
        box,
      }));
  });
  return detections.sort((a, b) => b.probability - a.probability);
}

/** Takes the grey bars off again (region_layer.c, correct_region_boxes). */
function boxInPicture(
  candidate: Candidate,
  network: Network,
  picture: { readonly width: number; readonly height: number },
): Detection['box'] {
  const { width, height } = network.input;
  const inner = letterboxFor(picture, width, height);
  const shareX = inner.innerWidth / width;
  const shareY = inner.innerHeight / height;
  const x = (candidate.x - (1 - shareX) / 2) / shareX;
  const y = (candidate.y - (1 - shareY) / 2) / shareY;
  const boxWidth = (candidate.width / shareX) * picture.width;
  const boxHeight = (candidate.height / shareY) * picture.height;
  return {
    x: x * picture.width - boxWidth / 2,
    y: y * picture.height - boxHeight / 2,
    width: boxWidth,
    height: boxHeight,
  };
}
