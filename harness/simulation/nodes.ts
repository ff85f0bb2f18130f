/** What a testbed's nodes take for what they do, as far as nobody has measured it: by device and CPUs. */
import type { Network } from '../../runtime/model/network.ts';
import type { NodeLink, NodeTimes } from '../../runtime/simulation/node.ts';
import { guessedSpeed, layerOperations } from '../planning/devices.ts';
import type { Testbed, TestbedNode } from '../spec/resolved.ts';

export interface ModelledNode {
  readonly name: string;
  readonly role: 'gateway' | 'edge';
  readonly link: NodeLink;
  readonly times: NodeTimes;
  /** Of the layers behind the fused ones, and detections. */
  readonly finishMs: number;
  readonly hasOneCore: boolean;
}

/** Milliseconds on a core of a server or a laptop; a slower one takes so much longer. */
const ON_A_SERVER = {
  /** Half of a message's way through two nodes' event loops (decision 0010). */
  message: 0.1,
  /** Copied, and handed to the kernel; */
  plainByte: 1e-6,
  /** and encrypted. */
  secretByte: 2e-6,
  run: 0.5,
  /** A picture of 608 x 608 pixels. */
  read: 30,
  cut: 0.2,
};
const PICTURE_PIXELS = 608 * 608;
const GIGA = 1e6;

/** All times are those of the devices: of a testbed that runs faster than real, in real time. */
export function modelledNodes(
  { nodes, timeScale = 1, security }: Testbed,
  network: Network,
  fusedLayers: number,
): readonly ModelledNode[] {
  return nodes.map((node): ModelledNode => {
    const { name, role, link } = node;
    const cores = node.cpuQuota ?? node.cpus?.length ?? 1;
    // What does not emulate a device is as fast as it is, whatever the clock of the others.
    const hurry = node.plainMs === undefined ? timeScale : 1;
    const operationsPerMs = (speedOf(node, cores, timeScale) * GIGA) / hurry;
    const slowness = (guessedSpeed(undefined, 1) * cores * GIGA) / operationsPerMs;
    const byte = security === 'none' ? ON_A_SERVER.plainByte : ON_A_SERVER.secretByte;
    const layers = network.layers.map(
      ({ index }) => layerOperations(network, index) / operationsPerMs,
    );
    const pixels = network.input.width * network.input.height;
    return {
      name,
      role,
      link: realLink(link, timeScale),
      times: {
        messageMs: ON_A_SERVER.message * slowness,
        messageMsPerByte: byte * slowness,
        readMs: (ON_A_SERVER.read * slowness * pixels) / PICTURE_PIXELS,
        cutMs: ON_A_SERVER.cut * slowness,
        layerMs: layers.slice(0, fusedLayers),
        runMs: ON_A_SERVER.run * slowness,
        answerMs: 0,
      },
      finishMs: layers.slice(fusedLayers).reduce((sum, ms) => sum + ms, ON_A_SERVER.run * slowness),
      hasOneCore: role === 'edge' && cores <= 1,
    };
  });
}

/** Links of a testbed that runs faster than real are that much faster; these are not. */
export function realLink(
  { rateBitsPerSecond, delayMs }: NodeLink = {},
  timeScale: number,
): NodeLink {
  return {
    ...(rateBitsPerSecond === undefined
      ? {}
      : { rateBitsPerSecond: rateBitsPerSecond / timeScale }),
    ...(delayMs === undefined ? {} : { delayMs: delayMs * timeScale }),
  };
}

function speedOf({ device, plainMs }: TestbedNode, cores: number, timeScale: number): number {
  if (plainMs === undefined) return guessedSpeed(device, cores);
  return guessedSpeed({ plainSeconds: (plainMs * timeScale) / 1000 }, cores);
}
