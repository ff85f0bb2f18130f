/** Where a run's results go when nobody says so, and where a resumed run finds them. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';

const RESULTS_ROOT = 'results';

/** Absolute. Rejects with a TilebedError (INPUT) when there is nothing to resume. */
export async function chooseResultsFolder(
  experiment: string,
  { results, resume }: { results: string | undefined; resume: boolean },
): Promise<string> {
  if (results !== undefined) return resolve(results);
  if (!resume) return resolve(RESULTS_ROOT, `${experiment}-${timestamp(new Date())}`);
  const pattern = new RegExp(`^${experiment}-\\d{8}-\\d{6}$`);
  const present = (await readdir(RESULTS_ROOT).catch(() => [])).filter((name) =>
    pattern.test(name),
  );
  const latest = present.toSorted().at(-1);
  if (latest !== undefined) return resolve(join(RESULTS_ROOT, latest));
  throw new TilebedError('INPUT', `there are no results of ${experiment} to resume`, {
    hint: 'name their folder with --results, or run without --resume',
  });
}

/** YYYYMMDD-HHMMSS in UTC, so that names sort by time. */
function timestamp(date: Date): string {
  const [day = '', time = ''] = date.toISOString().split('T');
  return `${day.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}
