/**
 * Starts and ends the relay of a testbed: one process on this machine for as long as nodes talk. It
 * carries the testbed's mark, so `down` ends one whose harness has died.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TilebedError } from '../../runtime/errors.ts';
import type { RelayAccess, RelayConfig, RelayReady } from '../../runtime/relay/config.ts';
import { ownerMark } from '../machine/owned-processes.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import type { Testbed } from '../spec/resolved.ts';
import { LocalTransport } from '../transports/local.ts';
import type { RemoteProcess } from '../transports/transport.ts';
import type { Bundle } from './bundle.ts';
import { type RelayedLinks, relayedLinks } from './link-plan.ts';
import { capabilitiesByNode, isMixed, providerOf, relayAddresses } from './parts.ts';
import { stateFolder } from './state.ts';

const TOKEN_BYTES = 16;

export class TestbedRelay implements AsyncDisposable {
  readonly links: RelayedLinks;
  readonly #access: ReadonlyMap<string, RelayAccess>;
  readonly #process: RemoteProcess;

  private constructor(
    links: RelayedLinks,
    access: ReadonlyMap<string, RelayAccess>,
    process: RemoteProcess,
  ) {
    this.links = links;
    this.#access = access;
    this.#process = process;
  }

  /**
   * Undefined where the testbed needs none. Rejects with a TilebedError (FAILED) where it cannot start.
   *
   * @param nodes of the testbed, which is up
   */
  static async start(
    testbed: Testbed,
    nodes: readonly ProvisionedNode[],
    bundle: Bundle,
  ): Promise<TestbedRelay | undefined> {
    const able = await capabilitiesByNode(testbed);
    // Nodes of several providers meet at the relay, whether or not their links are shaped.
    const links =
      relayedLinks(testbed, (node) => able.get(node)!) ??
      (isMixed(testbed) ? { nodes: {}, pairs: [] } : undefined);
    const addresses = relayAddresses(testbed);
    // Whoever tolerates that a wish is not kept has been warned by `up`.
    if (links === undefined || addresses === undefined) return undefined;
    const tokens = new Map(
      nodes.map(({ spec }) => [spec.name, randomBytes(TOKEN_BYTES).toString('hex')]),
    );
    const config: RelayConfig = {
      listen: [...addresses.values()],
      nodes: nodes.map(({ spec: { name }, address }) => ({
        name,
        address,
        token: tokens.get(name)!,
        ...(links.nodes[name] === undefined ? {} : { link: links.nodes[name] }),
      })),
      pairs: links.pairs,
      ...(links.medium === undefined ? {} : { medium: links.medium }),
    };
    const transport = new LocalTransport({
      launcher: [],
      environment: ownerMark(stateFolder(testbed), 'relay'),
    });
    const child = await transport.spawn([
      process.execPath,
      join(bundle.folder, 'main.js'),
      'relay',
    ]);
    child.stdin.write(`${JSON.stringify(config)}\n`);
    const ready = await firstLine(child);
    const access = nodes.map(({ spec }): [string, RelayAccess] => {
      const address = addresses.get(providerOf(testbed, spec))!;
      const { port } = ready.endpoints.find((endpoint) => endpoint.address === address)!;
      return [spec.name, { address, port, token: tokens.get(spec.name)! }];
    });
    return new TestbedRelay(links, new Map(access), child);
  }

  accessOf(node: string): RelayAccess | undefined {
    return this.#access.get(node);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.kill('SIGKILL');
    await this.#process.exited;
  }
}

async function firstLine(child: RemoteProcess): Promise<RelayReady> {
  const lines = createInterface({ input: child.stdout });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const [line] = (await Promise.race([once(lines, 'line'), child.exited.then(() => [])])) as [
    string?,
  ];
  const event = line === undefined ? undefined : (JSON.parse(line) as RelayReady | ErrorLine);
  if (event?.event === 'ready') return event;
  throw new TilebedError('FAILED', `the relay did not start: ${event?.message ?? said.trim()}`);
}

interface ErrorLine {
  readonly event: 'error';
  readonly message: string;
}
