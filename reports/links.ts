/** What was asked of the ways between nodes, and what they were when the experiment began. */
import type { Results } from './read.ts';

export const LINK_HEADERS = [
  'Way',
  'Round trip asked',
  'measured',
  'Rate asked',
  'measured there',
  'and back',
  'Asked by',
  'Kept by',
] as const;

/** A row a way, in the order of LINK_HEADERS; empty where nothing was asked of any link. */
export function linkRows({ manifest }: Results): string[][] {
  const gateway = Object.entries(manifest.nodes).find(([, { role }]) => role === 'gateway')?.[0];
  const keeper = manifest.relay === undefined ? 'the kernel' : relayText(manifest.relay.nodes);
  return Object.entries(manifest.links ?? {}).map(([name, { to, expected, measured, changed }]) => [
    to === undefined || to === gateway ? `${name} to ${to ?? 'the gateway'}` : name,
    expected === undefined ? '' : millisecondsText(expected.roundTripMs),
    millisecondsText(measured.roundTripMs),
    expected?.rateBitsPerSecond === undefined ? 'no limit' : rateText(expected.rateBitsPerSecond),
    rateText(measured.sendBitsPerSecond),
    rateText(measured.receiveBitsPerSecond),
    changed === true ? 'shape set' : 'the file',
    keeper,
  ]);
}

export const LINK_NOTE =
  'Measured before the first trial, one way at a time. Rates that are asked for are of the wire; what an application gets of one is 4 % less. Loss shows as the delay of what is sent again.';

/** Where the relay keeps something of nodes' own links, the kernel keeps the rest of them. */
function relayText(nodes: Readonly<Record<string, { rateBitsPerSecond?: number }>>): string {
  const shapes = Object.values(nodes);
  const rates = shapes.some(({ rateBitsPerSecond }) => rateBitsPerSecond !== undefined);
  return shapes.length === 0 || !rates ? 'kernel and relay' : 'relay';
}

function millisecondsText(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function rateText(bitsPerSecond: number): string {
  return `${Number((bitsPerSecond / 1e6).toPrecision(3))} Mbit/s`;
}
