/**
 * Whether an overlay carries anything: engines may know each other well and have no way for packets, since
 * those travel by a port of their own. A refused connection is an answer, so nobody need listen.
 */
import { TilebedError } from '../../../runtime/errors.ts';
import { NODE_PROGRAM } from '../../image/root-files.ts';
import type { Step } from '../provider.ts';
import type { OwnNames } from './names.ts';
import { containerName } from './plan.ts';
import type { Site } from './sites.ts';

/** Neighbours are told of each other by gossip, which takes a moment. */
const PATIENCE_MS = 10_000;
const SCRIPT = `const host = process.argv[1];
const end = performance.now() + ${PATIENCE_MS};
const ask = () => {
  const socket = require('node:net').connect({ host, port: 9 });
  socket.setTimeout(1500, () => socket.destroy(new Error('no answer')));
  socket.on('connect', () => process.exit(0));
  socket.on('error', (error) => {
    if (error.code === 'ECONNREFUSED') process.exit(0);
    if (performance.now() < end) return setTimeout(ask, 100);
    console.error(error.message);
    process.exit(1);
  });
};
ask();`;

/** One node of every engine asks one of the first. */
export function overlayStep(names: OwnNames, sites: readonly Site[]): Step {
  const [first, ...others] = sites.filter(({ nodes }) => nodes.length > 0);
  const target = first?.nodes[0];
  const asked = others.map(({ engine, nodes: [node], where }) => ({
    engine,
    from: `${node!.name}${where}`,
    argv: [
      ...['exec', containerName(names, node!.name), NODE_PROGRAM],
      ...['-e', SCRIPT, target!.address],
    ],
  }));
  return {
    title: 'try the way between the engines',
    actions: asked.map(({ engine, argv }) => engine.command(argv)),
    done: async () => asked.length === 0,
    apply: async (signal) => {
      for (const { engine, from, argv } of asked) {
        const { exitCode, stderr } = await engine.try(argv, { signal });
        if (exitCode === 0) continue;
        const message = `${from} does not reach ${target!.name}${first!.where}: ${stderr.trim()}`;
        throw new TilebedError('FAILED', message, {
          hint: 'let UDP 4789 and TCP and UDP 7946 through between the machines of the engines; where they are on a bridge of one machine, `iptables -I FORWARD -i BRIDGE -o BRIDGE -j ACCEPT`',
        });
      }
    },
  };
}
