/**
 * Panels of the papers' figures that follow from the network's geometry alone, in the papers' units:
 * MiB of float32. What hangs on who stole what, or on time, is for a measurement.
 */
import { elements, type Network } from '../../runtime/model/network.ts';
import { weightBytes } from '../../runtime/model/operations.ts';
import { planFtpWorkSharing, planModnn } from '../../runtime/partition/dealt.ts';
import { planFusedTiles } from '../../runtime/partition/ftp.ts';
import { stripMemory, tileMemory } from '../../runtime/partition/memory.ts';
import type { DealtPlanner } from '../../runtime/partition/stages.ts';
import { dealtTraffic } from '../../runtime/partition/traffic.ts';
import type { Values } from './figures.ts';
import { paperOverlapBytes } from './overlap.ts';

/** By panel and series. A panel that is not named cannot be computed. */
export type Panels = Readonly<Record<string, Readonly<Record<string, Values>>>>;

const MEBIBYTE = 2 ** 20;
const FUSED = 16;
/** The median of what each layer's bytes and seconds in figure 1 come to: 30 to 41 Mbit/s. */
const WLAN_BITS_PER_SECOND = 38.4e6;
const DEVICES = [1, 2, 3, 4, 5, 6];
const SIDES = [3, 4, 5];

/** Empty for a figure of which nothing can be computed. */
export function computePanels(figure: string, network: Network): Panels {
  switch (figure) {
    case 'deepthings-fig01':
      return { communication: { WLAN: sendingSeconds(network) } };
    case 'deepthings-fig02':
      return { memory: layerMemory(network) };
    case 'deepthings-fig11':
      return deviceMemory(network);
    case 'deepthings-fig12':
      return { communication: communication(network) };
    case 'deepthings-fig15':
      return { memory: fusedMemory(network) };
    default:
      return {};
  }
}

/** Figure 1: a layer's output over the paper's WLAN, whose rate follows from the figure itself. */
function sendingSeconds({ layers }: Network): Values {
  return layers.map((layer) => (8 * 4 * elements(layer.output)) / WLAN_BITS_PER_SECOND);
}

/** Figure 2: what a layer puts out, takes in, and its weights. */
function layerMemory({ layers }: Network): Panels[string] {
  const bytes = (shape: Parameters<typeof elements>[0]) => (4 * elements(shape)) / MEBIBYTE;
  return {
    output: layers.map((layer) => bytes(layer.output)),
    // A route takes in what the layers give that it joins: as much as it puts out.
    input: layers.map((layer) => bytes(layer.kind === 'route' ? layer.output : layer.input)),
    weights: layers.map((layer) => weightBytes([layer]) / MEBIBYTE),
  };
}

/** Figure 11: data of each layer on a device, and in all. */
function deviceMemory(network: Network): Panels {
  const partitions = {
    original: tiles(network, 1),
    'BODP-4': stripMemory(network, FUSED, 4),
    'FTP-3x3': tiles(network, 3),
    'FTP-5x5': tiles(network, 5),
  };
  const data = Object.entries(partitions).map(([name, { layerBytes }]) => [
    name,
    layerBytes.map((bytes) => bytes / MEBIBYTE),
  ]);
  const total = Object.values(partitions).map(({ totalBytes }) => totalBytes / MEBIBYTE);
  return { data: Object.fromEntries(data), total: { total } };
}

/** Figure 12: work sharing with any number of devices, work stealing with one. */
function communication(network: Network): Panels[string] {
  const output = (4 * elements(network.layers[FUSED - 1]!.output)) / MEBIBYTE;
  const series: Record<string, Values> = {
    MoDNN: DEVICES.map((devices) => dealtMebibytes(network, planModnn, devices, 1)),
  };
  for (const side of SIDES) {
    const name = `${side}x${side}`;
    const overlap = paperOverlapBytes(network, { rows: side, columns: side }, FUSED) / MEBIBYTE;
    series[`${name} WSH`] = DEVICES.map((devices) =>
      dealtMebibytes(network, planFtpWorkSharing, devices, side),
    );
    series[`${name} WST`] = alone(output);
    series[`${name} WST-S`] = alone(output + overlap);
  }
  return series;
}

/** Figure 15: tiles of all 16 layers, but the weights of the first ones alone. */
function fusedMemory(network: Network): Panels[string] {
  const largest = SIDES.map((side) => Math.max(...tiles(network, side).layerBytes));
  return Object.fromEntries(
    [4, 8, 16].map((fused) => [
      `${fused} layers`,
      largest.map((data) => (data + weightBytes(network.layers.slice(0, fused))) / MEBIBYTE),
    ]),
  );
}

function tiles(network: Network, side: number) {
  return tileMemory(network, planFusedTiles(network, { rows: side, columns: side }, FUSED));
}

function dealtMebibytes(network: Network, planner: DealtPlanner, devices: number, side: number) {
  const edges = Array.from({ length: devices }, (_, index) => ({ name: `${index}`, layerMs: [] }));
  const grid = { rows: side, columns: side };
  const plan = planner({ network, fusedLayers: FUSED, grid, edges, align: 'per-layer' });
  const { sourceToGateway, gatewayToEdges, edgesToGateway, edgeToEdge } = dealtTraffic(
    network,
    plan,
  );
  return (sourceToGateway + gatewayToEdges + edgesToGateway + edgeToEdge) / MEBIBYTE;
}

function alone(value: number): Values {
  return DEVICES.map((devices) => (devices === 1 ? value : null));
}
