/** A plan as people read it: each step with its exact actions below. */
import type { Step } from '../providers/provider.ts';

export function stepsText(steps: readonly Pick<Step, 'title' | 'actions'>[]): string {
  return steps
    .flatMap(({ title, actions }) => [title, ...actions.map((action) => `  ${shellText(action)}`)])
    .join('\n');
}

/** Quoted where a shell would want it, so that a line can be copied. */
function shellText(action: readonly string[]): string {
  return action
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
