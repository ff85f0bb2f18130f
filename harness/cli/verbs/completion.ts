/** tilebed completion */
import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion-script.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

export function completionVerb(program: Command): VerbSpec {
  return {
    name: 'completion',
    summary: 'print a completion script for a shell',
    examples: [
      ['source <(tilebed completion bash)', 'in ~/.bashrc'],
      ['tilebed completion zsh > ~/.zfunc/_tilebed', 'a folder of $fpath'],
      ['tilebed completion fish | source', 'in config.fish'],
    ],
    define: (command: Command) =>
      command.addArgument(new Argument('<shell>', 'which shell').choices(SHELLS)),
    run: async ({ output }: VerbContext, shell: Shell) => {
      const script = completionScript(program, shell);
      output.result({ shell, script }, script);
      return undefined;
    },
  };
}
