/** tilebed doctor */
import type { Command } from 'commander';
import { examine, type Finding } from '../../doctor.ts';
import { EXIT } from '../exit.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

export const doctorVerb: VerbSpec = {
  name: 'doctor',
  summary: 'tell what works on this machine, and what to install for the rest',
  examples: [['tilebed doctor', 'tries every engine and every provider']],
  define: (command: Command) => command,
  run: async ({ output }: VerbContext) => {
    const findings = await examine();
    output.result(findings, findings.map(describe).join('\n\n'));
    const works = (kind: string) =>
      findings.some(({ subject, ok }) => ok && subject.startsWith(kind));
    return works('this machine') && works('engine') && works('provider') ? EXIT.done : EXIT.missing;
  },
};

function describe({ subject, ok, requirements }: Finding): string {
  const lines = requirements.map(({ name, ok, detail, fix }) => {
    const line = `  ${ok ? 'ok ' : 'no '} ${name}: ${detail}`;
    return fix === undefined ? line : `${line}\n      to mend it: ${fix}`;
  });
  return [`${subject}: ${ok ? 'works' : 'does not work'}`, ...lines].join('\n');
}
