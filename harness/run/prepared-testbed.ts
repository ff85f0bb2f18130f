/** A testbed made ready for one experiment: model and frames on its nodes, repetitions run on it. */

import { join, posix } from 'node:path';
import { loadNetwork } from '../../runtime/model/load.ts';
import type { RelayAccess } from '../../runtime/relay/config.ts';
import type { Security } from '../../runtime/roles/config.ts';
import type { ClockOffset } from '../../runtime/roles/events.ts';
import { cpuShares, EmulatedNode, type Emulation } from '../emulation/emulation.ts';
import { TrialEnergy, tryMeters } from '../energy/trial-energy.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import type { LinkFacts, TrialRecord, Verdict } from '../results/format.ts';
import { logFolder } from '../results/layout.ts';
import type { ResultsStore } from '../results/store.ts';
import { EMULATING_PROVIDERS } from '../spec/devices.ts';
import type { Experiment, Testbed } from '../spec/resolved.ts';
import type { TaskContext } from '../tasks.ts';
import type { Bundle } from '../testbeds/bundle.ts';
import { runtimeFolder } from '../testbeds/deploy.ts';
import { providerOf } from '../testbeds/parts.ts';
import { stateFolder, testbedKey } from '../testbeds/state.ts';
import { LocalTransport } from '../transports/local.ts';
import { AccuracyOf } from './accuracy.ts';
import { Agreement } from './agreement.ts';
import { type Assets, type PlaceContext, placeFrames, placeModel } from './assets.ts';
import { HostLoad, type PinnedNode } from './host-load.ts';
import { nodeLogPath, startNodeLogs } from './logs.ts';
import { writeOutputs } from './outputs.ts';
import type { Repetition } from './plan.ts';
import { runTrial, type TrialOutcome } from './trial.ts';
import type { TrialNode } from './trial-setup.ts';
import { verdictOf } from './verdict.ts';

export interface PreparedTestbedOptions {
  readonly testbed: Testbed;
  readonly nodes: readonly ProvisionedNode[];
  readonly experiment: Experiment;
  readonly bundle: Bundle;
  readonly assets: Assets;
  /** Wishes of the testbed that cannot be kept: they degrade every trial. */
  readonly reasons: readonly string[];
  /** How a node reaches the relay, where the testbed has one. */
  readonly accessOf: (node: string) => RelayAccess | undefined;
  readonly emulation: Emulation;
  readonly links: Readonly<Record<string, LinkFacts>>;
  /** Edges that have frames in some trial. */
  readonly sources: ReadonlySet<string>;
}

export class PreparedTestbed {
  readonly #options: PreparedTestbedOptions;
  readonly #trialNodes = new Map<string, TrialNode>();
  readonly #drawn = new Set<string>();
  #security: Security = { kind: 'none' };
  #clockOffsets: Readonly<Record<string, ClockOffset>> | undefined;
  readonly #accuracy: AccuracyOf;
  readonly #agreement = new Agreement();

  constructor(options: PreparedTestbedOptions) {
    this.#options = options;
    const framesOf = (source: string) => this.#trialNodes.get(source)!.frames;
    this.#accuracy = new AccuracyOf(options.experiment, framesOf);
  }

  /** As the latest trial has estimated them. */
  get clockOffsets(): Readonly<Record<string, ClockOffset>> | undefined {
    return this.#clockOffsets;
  }

  /** Everything that nodes need lies on them when it resolves. */
  async prepare(context: PlaceContext): Promise<void> {
    const { testbed, nodes, experiment, assets, sources, accessOf, emulation } = this.#options;
    if (testbed.security === 'psk') {
      this.#security = { kind: 'psk', key: await testbedKey(stateFolder(testbed)) };
    }
    await tryMeters(testbed);
    const network = await loadNetwork(experiment.model.cfg);
    for (const node of nodes) {
      const { name, cpus } = node.spec;
      const model = await placeModel(node, assets, experiment, context);
      const frames = sources.has(name)
        ? await placeFrames(node, assets, experiment, network.input, context.signal)
        : [];
      const relay = accessOf(name);
      const device = emulation.get(name);
      this.#trialNodes.set(name, {
        ...this.#site(node),
        ...(relay === undefined ? {} : { relay }),
        address: node.address,
        faults: device === undefined ? node.faults : new EmulatedNode(node, device),
        ...(device === undefined ? {} : { cpuShares: cpuShares(node.spec, device) }),
        model,
        frames,
        threads: cpus?.length ?? 1,
      });
    }
  }

  async run(
    repetition: Repetition,
    order: number,
    store: ResultsStore,
    context: TaskContext,
  ): Promise<TrialRecord> {
    const { testbed, experiment, reasons } = this.#options;
    const [gateway] = this.#nodesOf('gateway');
    const edges = this.#nodesOf('edge')
      .slice(0, repetition.parameters.edges)
      .map((edge) => (repetition.sources.includes(edge.name) ? edge : { ...edge, frames: [] }));
    const state = stateFolder(testbed);
    await startNodeLogs(state, ['host', ...this.#trialNodes.keys()]);
    const logs = logFolder(store.folder, repetition);
    const load = new HostLoad();
    const energy = new TrialEnergy(testbed, this.#someHere());
    const {
      record: bare,
      trace,
      clockOffsets,
    } = await runTrial(
      {
        repetition,
        order,
        experiment,
        security: this.#security,
        host: this.#host(),
        gateway: gateway!,
        edges,
        sharesMedium: testbed.medium !== undefined,
        reasons,
        watch: energy,
        logsOf: (node) => [join(logs, `${node}.log`), nodeLogPath(state, node)],
      },
      context,
    ).finally(() => energy.stop());
    this.#clockOffsets = clockOffsets;
    const accuracy = await this.#accuracy.measure(bare, repetition.precision);
    const verdict = this.#verdict({ record: bare, trace }, repetition, load);
    const used = energy.records(trace, bare.makespanMs);
    const record: TrialRecord = {
      ...bare,
      verdict,
      ...(used.length === 0 ? {} : { energy: used }),
      ...(accuracy === undefined ? {} : { accuracy }),
    };
    // First what cannot be made again.
    await store.append(record);
    await store.writeTrace(trace);
    await this.#drawOnce(store, record);
    return record;
  }

  #verdict(
    { record, trace }: Pick<TrialOutcome, 'record' | 'trace'>,
    { sources }: Repetition,
    load: HostLoad,
  ): Verdict {
    const { testbed, experiment, links, emulation } = this.#options;
    const used = Object.values(record.nodes).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
    const here = testbed.nodes.every((node) => EMULATING_PROVIDERS.has(providerOf(testbed, node)));
    return verdictOf({
      record,
      frames: sources.length * experiment.frames.count,
      links,
      emulation,
      othersCpus: here ? load.others(used) : undefined,
      othersOnPinned: load.onPinned(this.#pinned(record)),
      clockErrorMs: trace.clockErrorMs,
      differsFrom: this.#agreement.check(record),
    });
  }

  #someHere(): boolean {
    const { testbed } = this.#options;
    return testbed.nodes.some((node) => EMULATING_PROVIDERS.has(providerOf(testbed, node)));
  }

  /** Those of its nodes that are pinned to CPUs of this machine. */
  #pinned({ nodes }: TrialRecord): PinnedNode[] {
    const { testbed } = this.#options;
    return testbed.nodes.flatMap((node): PinnedNode[] => {
      const { name, cpus } = node;
      const cpuSeconds = nodes[name]?.cpuSeconds;
      const here = EMULATING_PROVIDERS.has(providerOf(testbed, node));
      return cpus === undefined || cpuSeconds === undefined || !here
        ? []
        : [{ name, cpus, cpuSeconds }];
    });
  }

  /** Every repetition of a trial finds the same, so one set of pictures stands for all. */
  async #drawOnce(store: ResultsStore, record: TrialRecord): Promise<void> {
    if (record.status === 'failed' || this.#drawn.has(record.trial)) return;
    this.#drawn.add(record.trial);
    await writeOutputs(store.folder, record, {
      images: this.#options.experiment.frames.images,
      framesOf: (source) => this.#trialNodes.get(source)!.frames,
    });
  }

  #nodesOf(role: 'gateway' | 'edge'): TrialNode[] {
    return this.#options.nodes
      .filter(({ spec }) => spec.role === role)
      .map(({ spec }) => this.#trialNodes.get(spec.name)!);
  }

  #site(node: ProvisionedNode) {
    const main = posix.join(runtimeFolder(node, this.#options.bundle), 'main.js');
    return { name: node.spec.name, transport: node.transport, node: node.node, main };
  }

  /** The host is this machine, whatever the nodes are, unless it has no way to them. */
  #host() {
    const gateway = this.#options.nodes.find(({ spec }) => spec.role === 'gateway')!;
    if (gateway.apart === true) return { ...this.#site(gateway), name: 'host' };
    return {
      name: 'host',
      transport: new LocalTransport({ launcher: [], environment: {} }),
      node: process.execPath,
      main: join(this.#options.bundle.folder, 'main.js'),
    };
  }
}
