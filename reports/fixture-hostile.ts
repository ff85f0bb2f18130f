/** The fixture with a hostile text in every place that a file could bring one in. */
import { fixtureResults } from './fixture.ts';
import type { Results } from './read.ts';

/** Ends every quotation and element that it could stand in, and then tries to run. */
export const HOSTILE = `"'></title></style></text></svg><script>globalThis.hacked = 1</script><img src="https://example.invalid/x" onerror="globalThis.hacked = 1">|\`*[a](javascript:hacked)\n\n| # |\r\n\u0007\u202E&amp;`;

/** Words that the format itself fixes, by the field that they stand in. */
const FIXED_FIELDS = new Set(['status', 'role', 'kind', 'security']);
/** Fields whose keys are names of nodes. */
const NAMED_FIELDS = new Set(['nodes', 'clockErrorMs']);

export function hostileResults(folder = 'results'): Results {
  const { manifest, trials, traces, damagedLines } = fixtureResults(1, folder);
  return {
    folder,
    manifest: poisoned(manifest),
    trials: poisoned(trials),
    traces: poisoned(traces),
    damagedLines,
  };
}

function poisoned<Value>(value: Value, field = ''): Value {
  if (typeof value === 'string') {
    return (FIXED_FIELDS.has(field) ? value : value + HOSTILE) as Value;
  }
  if (Array.isArray(value)) return value.map((item) => poisoned(item, field)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    NAMED_FIELDS.has(field) ? key + HOSTILE : key,
    poisoned(item, key),
  ]);
  return Object.fromEntries(entries) as Value;
}
