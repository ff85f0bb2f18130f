/**
 * A node's spans in little memory: an object each would be most of what an edge holds of a long trial.
 * Numbers lie in columns, and texts, which are few, are known by their number.
 */
import type { Span } from './events.ts';

const SPANS_PER_CHUNK = 1024;
/** A trial of thousands of frames must not grow without end: the trace keeps the first spans only. */
const MAX_SPANS = 100_000;
const ABSENT = -1;

const COUNTS = ['frame', 'tile', 'stage'] as const;
const TEXTS = ['kind', 'source', 'peer'] as const;

interface Chunk {
  readonly times: Float64Array;
  readonly counts: Int32Array;
  readonly texts: Int32Array;
}

export class SpanLog {
  readonly #chunks: Chunk[] = [];
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();
  #length = 0;

  /** Forgets a span beyond the limit. */
  add(span: Span): void {
    if (this.#length >= MAX_SPANS) return;
    const at = this.#length++ % SPANS_PER_CHUNK;
    if (at === 0) this.#chunks.push(newChunk());
    const { times, counts, texts } = this.#chunks.at(-1)!;
    times.set([span.startMs, span.endMs], 2 * at);
    counts.set(
      COUNTS.map((key) => span[key] ?? ABSENT),
      COUNTS.length * at,
    );
    texts.set(
      TEXTS.map((key) => this.#numberOf(span[key])),
      TEXTS.length * at,
    );
  }

  /** All that were kept, in the order in which they came. */
  spans(): Span[] {
    return Array.from({ length: this.#length }, (_, index) => this.#span(index));
  }

  #span(index: number): Span {
    const { times, counts, texts } = this.#chunks[Math.floor(index / SPANS_PER_CHUNK)]!;
    const at = index % SPANS_PER_CHUNK;
    const span: Record<string, string | number> = {
      startMs: times[2 * at]!,
      endMs: times[2 * at + 1]!,
    };
    for (const [column, key] of COUNTS.entries()) {
      const count = counts[COUNTS.length * at + column]!;
      if (count !== ABSENT) span[key] = count;
    }
    for (const [column, key] of TEXTS.entries()) {
      const number = texts[TEXTS.length * at + column]!;
      if (number !== ABSENT) span[key] = this.#texts[number]!;
    }
    return span as unknown as Span;
  }

  #numberOf(text: string | undefined): number {
    if (text === undefined) return ABSENT;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }
}

function newChunk(): Chunk {
  return {
    times: new Float64Array(2 * SPANS_PER_CHUNK),
    counts: new Int32Array(COUNTS.length * SPANS_PER_CHUNK),
    texts: new Int32Array(TEXTS.length * SPANS_PER_CHUNK),
  };
}
