/** What this machine is: recorded with every result, since no figure means anything without it. */
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem } from 'node:os';

export interface Probe {
  readonly hostname: string;
  readonly architecture: string;
  readonly kernel: string;
  readonly cpuModel: string;
  /** The CPUs that this process may use. */
  readonly cpus: readonly number[];
  readonly memoryBytes: number;
  readonly memoryLimitBytes?: number;
  readonly nodeVersion: string;
  /** The engine that was tried on it, where one was asked for. */
  readonly engine?: { readonly name: string; readonly version: string };
}

export function probe(): Probe {
  const memoryLimitBytes = memoryLimit();
  return {
    hostname: hostname(),
    architecture: arch(),
    kernel: release(),
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: allowedCpus(),
    memoryBytes: totalmem(),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    nodeVersion: process.version,
  };
}

function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readText('/proc/self/status') ?? '')?.[1];
  if (list === undefined) return cpus().map((_, index) => index);
  return list.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

/** The memory limit of the process' control group: version 2, or version 1's memory controller. */
function memoryLimit(): number | undefined {
  const groups = readText('/proc/self/cgroup') ?? '';
  const unified = /^0::(.*)$/m.exec(groups)?.[1];
  const legacy = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  const files = [
    // A container of version 1 has its own group mounted, and is told its path outside.
    ...(legacy === undefined ? [] : [legacy, '']).map(
      (group) => `/sys/fs/cgroup/memory${group}/memory.limit_in_bytes`,
    ),
    ...(unified === undefined ? [] : [`/sys/fs/cgroup${unified}/memory.max`]),
  ];
  const text = files
    .filter((file) => existsSync(file))
    .map(readText)[0]
    ?.trim();
  const bytes = Number(text);
  // No limit is "max", or a number beyond any memory.
  return text !== undefined && Number.isFinite(bytes) && bytes < 2 ** 50 ? bytes : undefined;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
