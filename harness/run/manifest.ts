/** What a results folder says of its origin. */
import { basename } from 'node:path';
import { execa } from 'execa';
import { probe } from '../../runtime/probe.ts';
import type { HashedFile } from '../deployables/send.ts';
import type { Emulation } from '../emulation/emulation.ts';
import { PACKAGE_ROOT, VERSION } from '../package-root.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import {
  type EmulationFacts,
  FORMAT_VERSION,
  type Ingredient,
  type LinkFacts,
  type Manifest,
  type NodeFacts,
  type RelayFacts,
} from '../results/format.ts';
import type { Experiment, Testbed } from '../spec/resolved.ts';
import type { Bundle } from '../testbeds/bundle.ts';
import { providersText } from '../testbeds/parts.ts';
import { probeNode } from '../testbeds/status.ts';
import type { Assets } from './assets.ts';

export interface ManifestInputs {
  readonly experiment: Experiment;
  readonly testbed: Testbed;
  readonly nodes: readonly ProvisionedNode[];
  readonly bundle: Bundle;
  readonly assets: Assets;
  readonly repeat: number;
  readonly warnings: readonly string[];
  readonly links: Readonly<Record<string, LinkFacts>>;
  readonly relay?: RelayFacts | undefined;
  readonly emulation: Emulation;
  /** When the run that this one continues began. */
  readonly startedAt?: string;
}

export async function makeManifest(inputs: ManifestInputs): Promise<Manifest> {
  const { experiment, testbed, nodes, bundle, assets, repeat, warnings, links, relay } = inputs;
  const commit = await ownCommit();
  const facts = await Promise.all(
    nodes.map(async (node): Promise<[string, NodeFacts]> => {
      const { name, role, address: testbedAddress } = node.spec;
      const { address } = node;
      return [
        name,
        { ...(await probeNode(node, bundle, experiment.engine)), role, address, testbedAddress },
      ];
    }),
  );
  return {
    format: FORMAT_VERSION,
    ...whatRuns(experiment, testbed),
    ingredients: {
      cfg: ingredient(assets.cfg),
      ...(assets.weights === undefined ? {} : { weights: ingredient(assets.weights) }),
      pictures: assets.pictures.map(ingredient),
    },
    startedAt: inputs.startedAt ?? new Date().toISOString(),
    seed: experiment.seed,
    repeat,
    versions: {
      tilebed: VERSION,
      runtime: bundle.hash,
      engine: engineVersion(experiment.engine, facts),
      node: process.version,
      ...(commit === undefined ? {} : { commit }),
    },
    host: probe(),
    nodes: Object.fromEntries(facts),
    ...(Object.keys(links).length === 0 ? {} : { links }),
    ...(relay === undefined ? {} : { relay }),
    ...(testbed.timeScale === undefined ? {} : { timeScale: testbed.timeScale }),
    ...emulationFacts(testbed, inputs.emulation),
    warnings,
  };
}

/** The experiment, its testbed, its model and how things travel, measured or simulated. */
export function whatRuns(
  { name, description, file, text, model, transfer }: Experiment,
  testbed: Testbed,
): Pick<Manifest, 'experiment' | 'testbed' | 'model' | 'transfer'> {
  const { cfg, weights, labels } = model;
  return {
    experiment: { name, ...(description === undefined ? {} : { description }), file, text },
    testbed: {
      name: testbed.name,
      provider: providersText(testbed),
      security: testbed.security,
      file: testbed.file,
      text: testbed.text,
    },
    model: {
      cfg: basename(cfg),
      weights: weights.kind === 'synthetic' ? `synthetic:${weights.seed}` : basename(weights.path),
      trained: weights.kind === 'file',
      labels,
    },
    transfer,
  };
}

function emulationFacts({ nodes }: Testbed, emulation: Emulation): Pick<Manifest, 'emulation'> {
  if (emulation.size === 0) return {};
  const facts = nodes.flatMap(({ name, device = '' }): [string, EmulationFacts][] => {
    const known = emulation.get(name);
    if (known === undefined) return [];
    const { cpuModel: _, engine: __, ...rest } = known;
    return [[name, { device, ...rest }]];
  });
  return { emulation: Object.fromEntries(facts) };
}

function ingredient({ path, sha256 }: HashedFile): Ingredient {
  return { name: basename(path), sha256 };
}

/** Such as "onnxruntime 1.21.1"; all versions where nodes have their own. */
function engineVersion(engine: string, facts: readonly [string, NodeFacts][]): string {
  const versions = new Set(facts.flatMap(([, facts]) => facts.engine?.version ?? []));
  return [engine, [...versions].join(', ')].join(' ');
}

/** The commit of tilebed itself, where it runs from a clone; marked when the clone was changed. */
async function ownCommit(): Promise<string | undefined> {
  const git = (...args: string[]) => execa('git', ['-C', PACKAGE_ROOT, ...args], { reject: false });
  const head = await git('rev-parse', 'HEAD');
  if (head.exitCode !== 0) return undefined;
  const changes = await git('status', '--porcelain', '--untracked-files=no');
  return changes.stdout === '' ? head.stdout : `${head.stdout} with changes`;
}
