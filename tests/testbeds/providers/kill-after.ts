/** A harness that dies at a certain place: it is killed when it has told that a step is done. */
import { startTilebed } from '../../support/cli.ts';

/** Kills the command when it has told that so many steps are done; the next may be under way. */
export function killAfterLines(args: readonly string[], lines: number): Promise<void> {
  return killWhen(args, (said) => said.split('\n').length - 1 >= lines);
}

/** The same after the step of that title. */
export function killAfterStep(args: readonly string[], title: string): Promise<void> {
  return killWhen(args, (said) => said.includes(`${title}: done`));
}

async function killWhen(args: readonly string[], isTime: (said: string) => boolean): Promise<void> {
  const child = startTilebed(args);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (isTime(said)) child.kill('SIGKILL');
  });
  await child;
}
