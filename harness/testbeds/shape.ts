/**
 * What `tilebed shape set` has changed of the links of a testbed that is up. It lies with the testbed's
 * state, holds for all that follows, and ends with `shape reset` or `down`.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { loadTestbed } from '../spec/load-testbed.ts';
import type { Link, Testbed } from '../spec/resolved.ts';
import { writeWhole } from '../write-whole.ts';
import { stateFolder } from './state.ts';

export type ShapeTarget =
  | { readonly kind: 'all' }
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'pair'; readonly between: readonly [string, string] }
  | { readonly kind: 'medium' };

export interface ShapeChange {
  readonly target: ShapeTarget;
  readonly link: Link;
}

/** A testbed's file with what was changed of its links since it came up. */
export async function loadLiveTestbed(file: string): Promise<Testbed> {
  const testbed = await loadTestbed(file);
  return applyChanges(testbed, await readChanges(testbed));
}

export async function readChanges(testbed: Testbed): Promise<readonly ShapeChange[]> {
  const text = await readFile(changesFile(testbed), 'utf8').catch(() => '[]');
  return JSON.parse(text) as readonly ShapeChange[];
}

export async function writeChanges(
  testbed: Testbed,
  changes: readonly ShapeChange[],
): Promise<void> {
  if (changes.length === 0) await rm(changesFile(testbed), { force: true });
  else await writeWhole(changesFile(testbed), `${JSON.stringify(changes, null, 2)}\n`);
}

/** Throws a TilebedError (INPUT) where a change makes no sense on this testbed. */
export function applyChanges(testbed: Testbed, changes: readonly ShapeChange[]): Testbed {
  if (changes.length === 0) return testbed;
  const changed = {
    ...changes.reduce(applyChange, testbed),
    changedLinks: [...new Set(changes.map(({ target }) => targetText(target)))],
  };
  for (const link of [
    ...changed.nodes.map(({ link = {} }) => link),
    ...(changed.pairs ?? []).map(({ link }) => link),
    changed.medium ?? {},
  ]) {
    const { delayMs = 0, jitterMs = 0 } = link;
    if (jitterMs <= delayMs) continue;
    const message = `a jitter of ${jitterMs} ms would be more than the delay of ${delayMs} ms`;
    throw new TilebedError('INPUT', message, { hint: 'set both' });
  }
  return changed;
}

/** Whether something of the way between two nodes is not as the file has it. */
export function isChanged(
  { changedLinks = [], medium }: Pick<Testbed, 'changedLinks' | 'medium'>,
  a: string,
  b: string,
): boolean {
  const ways = ['all', a, b, `${a}-${b}`, `${b}-${a}`, ...(medium === undefined ? [] : ['medium'])];
  return ways.some((way) => changedLinks.includes(way));
}

function targetText(target: ShapeTarget): string {
  switch (target.kind) {
    case 'node':
      return target.node;
    case 'pair':
      return target.between.join('-');
    default:
      return target.kind;
  }
}

function applyChange(testbed: Testbed, { target, link }: ShapeChange): Testbed {
  const { nodes, pairs = [], medium } = testbed;
  switch (target.kind) {
    case 'all':
      return {
        ...testbed,
        nodes: nodes.map((node) => ({ ...node, link: { ...node.link, ...link } })),
      };
    case 'node':
      checkNode(testbed, target.node);
      return {
        ...testbed,
        nodes: nodes.map((node) =>
          node.name === target.node ? { ...node, link: { ...node.link, ...link } } : node,
        ),
      };
    case 'pair': {
      const [a, b] = target.between;
      checkNode(testbed, a);
      checkNode(testbed, b);
      if (a === b) throw new TilebedError('INPUT', `a link is between two nodes, not ${a} alone`);
      const isIt = ({ between }: { between: readonly string[] }) =>
        between.includes(a) && between.includes(b);
      const before = pairs.find(isIt)?.link;
      const others = pairs.filter((pair) => !isIt(pair));
      return { ...testbed, pairs: [...others, { between: [a, b], link: { ...before, ...link } }] };
    }
    case 'medium':
      return { ...testbed, medium: { ...medium, ...link } };
    default:
      return target satisfies never;
  }
}

function checkNode({ name, nodes }: Testbed, wanted: string): void {
  if (nodes.some((node) => node.name === wanted)) return;
  const hint = `nodes: ${nodes.map((node) => node.name).join(', ')}`;
  throw new TilebedError('INPUT', `${name} has no node \`${wanted}\``, { hint });
}

function changesFile(testbed: Testbed): string {
  return join(stateFolder(testbed), 'shape.json');
}
