/** tilebed model pull, tilebed model list */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { plainTable } from '../../../reports/table.ts';
import { CATALOGUE, pulledModelPath } from '../../models/catalogue.ts';
import { pullModel } from '../../models/pull.ts';
import { type VerbContext, type VerbSpec, verbCommand } from '../verb.ts';

interface PullFlags {
  readonly sha256?: string;
  readonly url?: string;
  readonly force?: boolean;
}

const pullVerb: VerbSpec = {
  name: 'pull',
  summary: 'fetch trained weights; a second call goes on where the first was cut off',
  examples: [
    ['tilebed model pull yolov2', 'from their publisher'],
    ['tilebed model pull yolov2 --url http://mirror/yolov2.weights', 'from elsewhere'],
  ],
  define: (command: Command) =>
    command
      .argument('<name>', 'a model that `tilebed model list` names')
      .option('--sha256 <hash>', 'what the file must be')
      .option('--url <url>', 'where to fetch it instead')
      .option('--force', 'fetch it although it is there'),
  run: async ({ output, signal, runTasks }: VerbContext, name: string, flags: PullFlags) => {
    let result: Awaited<ReturnType<typeof pullModel>> | undefined;
    await runTasks(
      [
        {
          title: `fetch ${name}`,
          run: async ({ signal, say, conclude }) => {
            result = await pullModel(name, {
              ...flags,
              signal,
              onProgress: ({ receivedBytes, totalBytes }) =>
                say(progressText(receivedBytes, totalBytes)),
            });
            conclude(result.downloaded ? 'done' : 'was there already');
          },
        },
      ],
      { signal },
    );
    output.result(result, `${result!.path}\nsha256 ${result!.sha256}`);
    return undefined;
  },
};

const listVerb: VerbSpec = {
  name: 'list',
  summary: 'show the models that can be fetched, and which are here',
  examples: [['tilebed model list', 'a table']],
  define: (command: Command) => command,
  run: async ({ output }: VerbContext) => {
    const models = CATALOGUE.map((entry) => ({
      ...entry,
      pulled: existsSync(pulledModelPath(entry.name) ?? ''),
    }));
    const rows = models.map(({ name, bytes, says, pulled: here }) => [
      name,
      `${(bytes / 2 ** 20).toFixed(0)} MiB`,
      here ? 'yes' : 'no',
      says,
    ]);
    output.result(models, plainTable(['name', 'size', 'here', 'what'], rows));
    return undefined;
  },
};

export function modelCommand(): Command {
  return new Command('model')
    .description('trained weights')
    .addCommand(verbCommand(pullVerb))
    .addCommand(verbCommand(listVerb));
}

function progressText(receivedBytes: number, totalBytes: number | undefined): string {
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  if (totalBytes === undefined) return `${mebibytes(receivedBytes)} MiB`;
  const percent = ((100 * receivedBytes) / totalBytes).toFixed(0);
  return `${mebibytes(receivedBytes)} of ${mebibytes(totalBytes)} MiB (${percent} %)`;
}
