/** Writes a new testbed file, and never over one that is there. */
import { open } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { pathExists } from '../path-exists.ts';
import { SpecDocument } from '../spec/document.ts';
import { resolveTestbed } from '../spec/load-testbed.ts';
import type { ProviderName } from '../spec/testbed.ts';
import { writeFault } from '../write-fault.ts';
import { commonSubnet, freeSubnet } from './choose-subnet.ts';
import { type HostName, type ScannedHost, scanHosts } from './scan-hosts.ts';
import { testbedText } from './template.ts';

export interface InitOptions {
  readonly file: string;
  readonly provider: ProviderName;
  readonly name?: string;
  readonly subnet?: string;
  readonly edges: number;
  /** Of the provider ssh: the first becomes the gateway. */
  readonly hosts: readonly HostName[];
}

export interface Initialised {
  /** Absolute path. */
  readonly file: string;
  readonly hosts: readonly ScannedHost[];
}

/** Rejects with a TilebedError (INPUT): the file is there already, or would be no testbed. */
export async function writeNewTestbed(options: InitOptions): Promise<Initialised> {
  const file = resolve(options.file);
  // Asked before anybody waits for hosts; whoever was faster is seen when the file is made.
  if (await pathExists(file)) throw alreadyThere(options.file);
  if (options.hosts.length > 0 && options.provider !== 'ssh') {
    throw new TilebedError('INPUT', `hosts belong to the provider ssh, not to ${options.provider}`);
  }
  if (options.hosts.length === 1) {
    throw new TilebedError('INPUT', 'a testbed needs two hosts at least: a gateway and an edge');
  }
  const hosts = await scanHosts(options.hosts);
  const text = testbedText({
    ...(await placeOf(options, file, hosts)),
    provider: options.provider,
    edges: options.edges,
    hosts,
  });
  // Names and addresses come from outside: what is written must be a testbed.
  resolveTestbed(SpecDocument.parse(text, file));
  await create(file, text);
  return { file, hosts };
}

async function placeOf(options: InitOptions, file: string, hosts: readonly ScannedHost[]) {
  const own = commonSubnet(hosts.flatMap(({ address }) => address ?? []));
  const keeps = own !== undefined && hosts.every(({ address }) => address !== undefined);
  const keepAddresses = options.subnet === undefined && keeps && distinct(hosts);
  const schema = join(PACKAGE_ROOT, 'docs/reference/testbed.schema.json');
  const known = await pathExists(schema);
  const near = relative(dirname(file), schema);
  return {
    name: options.name ?? nameOf(file),
    subnet: options.subnet ?? (keepAddresses ? own! : freeSubnet()),
    keepAddresses,
    ...(known ? { schema: near.startsWith('../../') ? schema : near } : {}),
  };
}

/** Several ports of one machine have one address. */
function distinct(hosts: readonly ScannedHost[]): boolean {
  return new Set(hosts.map(({ address }) => address)).size === hosts.length;
}

/** A testbed's name from its file's, as far as that can be one. */
function nameOf(file: string): string {
  const name = basename(file)
    .replace(/\.ya?ml$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+/, '');
  return name === '' ? 'testbed' : name.slice(0, 40);
}

async function create(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST') throw alreadyThere(file);
    throw writeFault(file, cause);
  });
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

function alreadyThere(file: string): TilebedError {
  return new TilebedError('INPUT', `${file} is there already, and is not overwritten`, {
    hint: 'name another file, or move that one away',
  });
}
