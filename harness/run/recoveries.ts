/** What was done to nodes, or befell them, and how the others got over it. Pure: events in, data out. */
import type { RoleEvent } from '../../runtime/roles/events.ts';
import type { RecoveryRecord } from '../results/format.ts';
import type { NodeFault } from '../spec/resolved.ts';

/** What roles tell of nodes that come and go. */
export type RecoveryEvent = Extract<
  RoleEvent,
  { event: 'node-lost' | 'node-joined' | 'tiles-reissued' | 'tiles-recomputed' }
>;

interface Entry {
  readonly node: string;
  readonly fault: RecoveryRecord['fault'];
  readonly atMs: number;
  readonly planned?: NodeFault;
  endedAtMs?: number;
  detectedAtMs?: number;
  joinedAtMs?: number;
  recomputedAtMs?: number;
  reissued: number;
  recomputed: number;
  /** The gateway has given the node up because of it. */
  lost: boolean;
}

const ARRIVALS: ReadonlySet<string> = new Set(['return', 'join']);

export class Recoveries {
  readonly #entries: Entry[] = [];

  begun(planned: NodeFault, atMs: number): void {
    const { node, verb } = planned;
    this.#entries.push({ ...fresh(node, verb, atMs), planned });
  }

  ended(planned: NodeFault, atMs: number): void {
    const entry = this.#entries.find((candidate) => candidate.planned === planned);
    if (entry !== undefined) entry.endedAtMs = atMs;
  }

  /** @param atMs the event's time after the start signal */
  add({ event, node, ...details }: RecoveryEvent, atMs: number): void {
    switch (event) {
      case 'node-lost': {
        const entry = this.#lossOf(node, atMs, (candidate) => !candidate.lost);
        entry.lost = true;
        entry.detectedAtMs = Math.min(atMs, entry.detectedAtMs ?? atMs);
        break;
      }
      case 'tiles-reissued': {
        const entry = this.#lossOf(node, atMs, ({ joinedAtMs }) => joinedAtMs === undefined);
        entry.detectedAtMs = Math.min(atMs, entry.detectedAtMs ?? atMs);
        entry.reissued += tilesOf(details);
        break;
      }
      case 'tiles-recomputed': {
        // They were reissued for the oldest loss that is not made good.
        const waits = (candidate: Entry) => candidate.recomputed < candidate.reissued;
        const entry = this.#entries.find(
          (candidate) => candidate.node === node && waits(candidate),
        );
        if (entry === undefined) break;
        entry.recomputed += tilesOf(details);
        entry.recomputedAtMs = Math.max(atMs, entry.recomputedAtMs ?? atMs);
        break;
      }
      case 'node-joined': {
        const entry = this.#entries.findLast((candidate) => candidate.node === node);
        if (entry !== undefined) entry.joinedAtMs ??= atMs;
        break;
      }
      default:
        event satisfies never;
    }
  }

  /** True of a node that was given up and has not come back. */
  isLost(node: string): boolean {
    const last = this.#entries.findLast((entry) => entry.node === node);
    return last?.lost === true && last.joinedAtMs === undefined;
  }

  records(): readonly RecoveryRecord[] {
    return this.#entries.map((entry) => {
      const { node, fault, atMs, detectedAtMs, endedAtMs, joinedAtMs } = entry;
      const recovered = detectedAtMs !== undefined && entry.recomputed >= entry.reissued;
      return {
        node,
        fault,
        atMs,
        ...(endedAtMs === undefined ? {} : { endedAtMs }),
        ...(detectedAtMs === undefined ? {} : { detectedAtMs }),
        ...(recovered
          ? { recoveredAtMs: Math.max(detectedAtMs, entry.recomputedAtMs ?? detectedAtMs) }
          : {}),
        ...(joinedAtMs === undefined ? {} : { joinedAtMs }),
        tilesRecomputed: entry.recomputed,
      };
    });
  }

  /** The latest thing that happened to the node and may have cost it; a loss of its own where nothing did. */
  #lossOf(node: string, atMs: number, suits: (entry: Entry) => boolean): Entry {
    const known = this.#entries.findLast(
      (entry) => entry.node === node && !ARRIVALS.has(entry.fault) && suits(entry),
    );
    if (known !== undefined) return known;
    const entry = fresh(node, 'loss', atMs);
    this.#entries.push(entry);
    return entry;
  }
}

function fresh(node: string, fault: RecoveryRecord['fault'], atMs: number): Entry {
  return { node, fault, atMs, reissued: 0, recomputed: 0, lost: false };
}

function tilesOf(details: object): number {
  return 'tiles' in details ? Number(details.tiles) : 0;
}
