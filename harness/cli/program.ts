/** All verbs together. */
import { Command, type CommanderError } from 'commander';
import { VERSION } from '../package-root.ts';
import { EXIT } from './exit.ts';
import { type VerbSpec, verbCommand } from './verb.ts';
import { boxCommand } from './verbs/box.ts';
import { calibrateVerb } from './verbs/calibrate.ts';
import { compareVerb } from './verbs/compare.ts';
import { completionVerb } from './verbs/completion.ts';
import { deployVerb } from './verbs/deploy.ts';
import { doctorVerb } from './verbs/doctor.ts';
import { downVerb } from './verbs/down.ts';
import { execVerb } from './verbs/exec.ts';
import { exportVerb } from './verbs/export.ts';
import { graphVerb } from './verbs/graph.ts';
import { imageCommand } from './verbs/image.ts';
import { inferVerb } from './verbs/infer.ts';
import { initVerb } from './verbs/init.ts';
import { logsVerb } from './verbs/logs.ts';
import { modelCommand } from './verbs/model.ts';
import { planVerb } from './verbs/plan.ts';
import { replayVerb } from './verbs/replay.ts';
import { reportVerb } from './verbs/report.ts';
import { reproduceVerb } from './verbs/reproduce.ts';
import { runVerb } from './verbs/run.ts';
import { schemaVerb } from './verbs/schema.ts';
import { shapeCommand } from './verbs/shape.ts';
import { simulateVerb } from './verbs/simulate.ts';
import { statusVerb } from './verbs/status.ts';
import { upVerb } from './verbs/up.ts';
import { validateVerb } from './verbs/validate.ts';
import { verifyVerb } from './verbs/verify.ts';

/** As a user meets them: what `--help` shows, in this order. */
const GROUPS: Readonly<Record<string, (program: Command) => readonly Command[]>> = {
  'Begin:': () => verbs(doctorVerb, initVerb, validateVerb, inferVerb),
  'Testbeds:': () => [
    ...verbs(
      upVerb,
      statusVerb,
      graphVerb,
      deployVerb,
      calibrateVerb,
      execVerb,
      logsVerb,
      downVerb,
    ),
    shapeCommand(),
  ],
  'Experiments:': () => verbs(planVerb, simulateVerb, runVerb, reproduceVerb),
  'Results:': () => verbs(reportVerb, compareVerb, exportVerb, verifyVerb, replayVerb),
  'What they are made from:': () => [modelCommand(), imageCommand(), boxCommand()],
  'Shells and editors:': (program) => verbs(schemaVerb, completionVerb(program)),
};

export function tilebedProgram(): Command {
  const program = new Command('tilebed')
    .description('testbeds for distributed neural-network inference: provision, run, report')
    .version(VERSION, '-V, --version')
    .showSuggestionAfterError();
  for (const [heading, commandsOf] of Object.entries(GROUPS)) {
    program.commandsGroup(heading);
    for (const command of commandsOf(program)) program.addCommand(command);
  }
  program.helpCommand('help [command]', 'show what is possible with a command');
  for (const command of [program, ...descendants(program)]) {
    command.showHelpAfterError(`(\`${fullName(command)} --help\` shows what is possible)`);
    command.exitOverride((error: CommanderError) => {
      // Help and the version are answers; everything else is wrong usage.
      process.exit(error.exitCode === 0 ? EXIT.done : EXIT.input);
    });
  }
  return program;
}

function verbs(...specs: readonly VerbSpec[]): readonly Command[] {
  return specs.map(verbCommand);
}

/** As it is typed: `tilebed shape set`. */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** All commands below one, however deep. */
export function descendants(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}
