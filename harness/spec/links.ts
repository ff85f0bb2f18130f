/** What a testbed's file says of links: units, what holds for which node, and what makes no sense. */
import type { Path, SpecDocument } from './document.ts';
import type { SpecFault } from './faults.ts';
import type { LinkSpec, PairSpec } from './link-spec.ts';
import type { Link, PairLink } from './resolved.ts';
import { closest } from './schema-check.ts';
import type { TestbedSpec } from './testbed.ts';
import { parseDurationMs, parsePercent, parseRateBitsPerSecond } from './units.ts';

/** The testbed's link, with what the node's own says otherwise. */
export function linkOf(
  { network, timeScale }: TestbedSpec,
  own: LinkSpec | undefined,
): { readonly link?: Link } {
  const link = resolveLink({ ...network.link, ...own }, timeScale);
  return Object.keys(link).length === 0 ? {} : { link };
}

/** @param timeScale how many times faster than it says the link is to be */
export function resolveLink({ rate, delay, jitter, loss }: LinkSpec, timeScale = 1): Link {
  return {
    ...(rate === undefined ? {} : { rateBitsPerSecond: timeScale * parseRateBitsPerSecond(rate) }),
    ...(delay === undefined ? {} : { delayMs: parseDurationMs(delay) / timeScale }),
    ...(jitter === undefined ? {} : { jitterMs: parseDurationMs(jitter) / timeScale }),
    ...(loss === undefined ? {} : { loss: parsePercent(loss) }),
  };
}

/** Of specs without faults. */
export function resolvePairs(
  pairs: readonly PairSpec[],
  timeScale: number | undefined,
): readonly PairLink[] {
  return pairs.map(({ between, ...link }) => ({
    between: [between[0]!, between[1]!],
    link: resolveLink(link, timeScale),
  }));
}

export function linkFaults(
  document: SpecDocument,
  spec: TestbedSpec,
  names: readonly string[],
): SpecFault[] {
  const { network, edges, nodes } = spec;
  const own: [Path, LinkSpec | undefined][] = [
    [['edges', 'link'], edges?.link],
    ...Object.entries(nodes ?? {}).map(([name, { link }]): [Path, LinkSpec | undefined] => [
      ['nodes', name, 'link'],
      link,
    ]),
  ];
  return [
    ...jitterFaults(document, ['network', 'link'], network.link ?? {}),
    // What only repeats the testbed's link has been told there.
    ...own.flatMap(([path, link]) =>
      link === undefined ? [] : jitterFaults(document, path, { ...network.link, ...link }, link),
    ),
    ...jitterFaults(document, ['network', 'medium'], network.medium ?? {}),
    ...pairFaults(document, network.links ?? [], names),
  ];
}

function jitterFaults(
  document: SpecDocument,
  path: Path,
  { delay, jitter }: LinkSpec,
  own?: LinkSpec,
): SpecFault[] {
  if (jitter === undefined) return [];
  if (parseDurationMs(jitter) <= (delay === undefined ? 0 : parseDurationMs(delay))) return [];
  const key = own !== undefined && own.jitter === undefined ? 'delay' : 'jitter';
  const message = `a jitter of ${jitter} is more than the delay of ${delay ?? '0ms'}`;
  return [document.fault([...path, key], message)];
}

function pairFaults(
  document: SpecDocument,
  pairs: readonly PairSpec[],
  names: readonly string[],
): SpecFault[] {
  const seen = new Map<string, number>();
  return pairs.flatMap((pair, index) => {
    const { between, ...link } = pair;
    const path = ['network', 'links', index];
    const strangers = [...between.entries()].filter(([, name]) => !names.includes(name));
    const faults = strangers.map(([place, name]) => {
      const best = closest(name, names);
      const hint = best === undefined ? `nodes: ${names.join(', ')}` : `did you mean \`${best}\`?`;
      return document.fault([...path, 'between', place], `there is no node ${name}`, { hint });
    });
    if (Object.keys(link).length === 0) {
      const hint = 'give it `rate`, `delay`, `jitter` or `loss`';
      faults.push(
        document.fault(path, `the link between ${between.join(' and ')} says nothing`, { hint }),
      );
    }
    const key = between.toSorted().join(' ');
    const before = seen.get(key);
    if (before !== undefined) {
      const { line } = document.fault(['network', 'links', before], '');
      const message = `the link between ${between.join(' and ')} stands already on line ${line}`;
      faults.push(document.fault([...path, 'between'], message));
    } else seen.set(key, index);
    return [...faults, ...jitterFaults(document, path, pair)];
  });
}

/** Such as "40 Mbit/s, delay 3 ms". */
export function linkText({ rateBitsPerSecond, delayMs, jitterMs, loss }: Link): string {
  const parts = [
    ...(rateBitsPerSecond === undefined ? [] : [rateText(rateBitsPerSecond)]),
    ...(delayMs === undefined ? [] : [`delay ${delayMs} ms`]),
    ...(jitterMs === undefined ? [] : [`jitter ${jitterMs} ms`]),
    ...(loss === undefined ? [] : [`loss ${Number((100 * loss).toPrecision(6))} %`]),
  ];
  return parts.length === 0 ? 'as it is' : parts.join(', ');
}

function rateText(bitsPerSecond: number): string {
  return bitsPerSecond < 1e6
    ? `${Number((bitsPerSecond / 1e3).toPrecision(6))} kbit/s`
    : `${Number((bitsPerSecond / 1e6).toPrecision(6))} Mbit/s`;
}
