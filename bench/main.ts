/**
 * npm run bench [-- ROUNDS]: figures and ratios of one run on this machine. It watches performance; it
 * is no test, since a busy machine would fail it.
 */
import { cpus } from 'node:os';
import { benchDistributed } from './distributed.ts';
import { benchEngine } from './engine.ts';
import { benchSchedule } from './schedule.ts';
import { benchSimulation } from './simulation.ts';
import { benchSources } from './sources.ts';
import { benchStrategies } from './strategies.ts';
import { benchTable } from './table.ts';

const DEFAULT_ROUNDS = 7;
const rounds = Number(process.argv[2] ?? DEFAULT_ROUNDS);
if (!Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write('npm run bench -- ROUNDS: a whole number from 1 is wanted\n');
  process.exit(2);
}
const [cpu] = cpus();
process.stdout.write(
  `${cpus().length} x ${cpu?.model ?? 'unknown CPU'}, Node.js ${process.version}, ${rounds} rounds\n\n`,
);
const rows = [
  ...(await benchEngine(rounds)),
  ...(await benchSchedule(rounds)),
  ...(await benchSimulation(Math.ceil(rounds / 2))),
  ...(await benchDistributed(rounds)),
  ...(await benchStrategies(rounds)),
  ...(await benchSources(Math.ceil(rounds / 2))),
];
process.stdout.write(`${benchTable(rows)}\n`);
process.exit(0);
