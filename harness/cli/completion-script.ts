/** Completion for shells, made from the commands themselves, so that it can never lag behind them. */
import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Completions {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly { readonly flag: string; readonly says: string }[];
  /** Fixed values of its arguments and options; elsewhere files are offered. */
  readonly words: readonly string[];
}

export function completionScript(program: Command, shell: Shell): string {
  const verbs = program.commands.map(completionsOf);
  switch (shell) {
    case 'bash':
      return bashScript(verbs);
    case 'zsh':
      // zsh runs bash completions through its own layer.
      return `#compdef tilebed\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(verbs)}`;
    case 'fish':
      return fishScript(verbs);
    default:
      return shell satisfies never;
  }
}

function completionsOf(command: Command): Completions {
  return {
    name: command.name(),
    summary: command.description(),
    options: [...command.options, ...command.commands.flatMap((child) => child.options)].map(
      ({ long, description }) => ({ flag: long ?? '', says: description }),
    ),
    words: [
      ...command.commands.map((child) => child.name()),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
      ...command.options.flatMap(({ argChoices = [] }) => argChoices),
    ],
  };
}

function bashScript(verbs: readonly Completions[]): string {
  const cases = verbs.map(({ name, options, words }) => {
    const flags = [...new Set(options.map(({ flag }) => flag)), '--help'].join(' ');
    return `    ${name}) words="${[...words, flags].join(' ')}" ;;`;
  });
  return `_tilebed() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${verbs.map(({ name }) => name).join(' ')} --help --version"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _tilebed tilebed`;
}

function fishScript(verbs: readonly Completions[]): string {
  const lines = verbs.flatMap(({ name, summary, options, words }) => [
    `complete -c tilebed -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
    ...words.map(
      (word) => `complete -c tilebed -n '__fish_seen_subcommand_from ${name}' -a ${word}`,
    ),
    ...options.map(
      ({ flag, says }) =>
        `complete -c tilebed -n '__fish_seen_subcommand_from ${name}' -l ${flag.replace(/^--/, '')} -d ${quote(says)}`,
    ),
  ]);
  return lines.join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}
