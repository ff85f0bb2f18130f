/** What a drawing of a testbed says of a node and of what lies between two. */
import { linkText } from '../spec/links.ts';
import type { TestbedNode } from '../spec/resolved.ts';

/** Address first, then limits and the node's own link, each where there is one. */
export function nodeLines({
  address,
  provider,
  device,
  cpus,
  cpuQuota,
  memoryBytes,
  link,
}: TestbedNode) {
  return [
    address,
    ...(provider === undefined ? [] : [provider]),
    ...(device === undefined ? [] : [device]),
    ...(cpus === undefined ? [] : [`${cpus.length === 1 ? 'CPU' : 'CPUs'} ${cpus.join(', ')}`]),
    ...(cpuQuota === undefined ? [] : [`time of ${cpuQuota} CPUs`]),
    ...(memoryBytes === undefined ? [] : [`${Math.round(memoryBytes / 2 ** 20)} MiB`]),
    ...(link === undefined ? [] : linkText(link).split(', ')),
  ];
}
