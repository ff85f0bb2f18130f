/** What can be done on purpose to a node that is a container: the engine does all of it. */
import { slowedQuota } from '../../machine/node-faults.ts';
import type { TestbedNode } from '../../spec/resolved.ts';
import type { NodeFaults } from '../provider.ts';
import type { Engine } from './engine.ts';
import type { OwnNames } from './names.ts';
import { connectArguments, containerName, PERIOD_US, quotaUs } from './plan.ts';

export class ContainerFaults implements NodeFaults {
  readonly #engine: Engine;
  readonly #names: OwnNames;
  readonly #node: TestbedNode;
  /** A link that is plugged in anew has no rate. */
  readonly #reshape: () => Promise<void>;

  constructor(engine: Engine, names: OwnNames, node: TestbedNode, reshape: () => Promise<void>) {
    this.#engine = engine;
    this.#names = names;
    this.#node = node;
    this.#reshape = reshape;
  }

  get #container(): string {
    return containerName(this.#names, this.#node.name);
  }

  async freeze() {
    await this.#engine.run(['pause', this.#container]);
    return async () => {
      await this.#engine.try(['unpause', this.#container]);
    };
  }

  async slow(share: number) {
    await this.#limit(slowedQuota(this.#node, share));
    return async () => {
      await this.#limit(this.#node.cpuQuota).catch(() => {});
    };
  }

  async cut() {
    const { network } = this.#names;
    await this.#engine.run(['network', 'disconnect', network, this.#container]);
    return async () => {
      const { name, address } = this.#node;
      const connect = connectArguments(network, this.#container, name, address);
      const { exitCode } = await this.#engine.try(connect);
      if (exitCode === 0) await this.#reshape();
    };
  }

  async #limit(cpuQuota: number | undefined): Promise<void> {
    const limits = ['--cpu-period', String(PERIOD_US), '--cpu-quota', String(quotaUs(cpuQuota))];
    await this.#engine.run(['update', ...limits, this.#container]);
  }
}
