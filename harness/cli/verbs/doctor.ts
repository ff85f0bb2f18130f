/** tilebed doctor */
import { type Command, Option } from 'commander';
import { plainTable } from '../../../reports/table.ts';
import { TilebedError } from '../../../runtime/errors.ts';
import { examine, examineProvider, examineTestbed, type Finding } from '../../doctor.ts';
import { loadTestbed } from '../../spec/load-testbed.ts';
import { PROVIDER_NAMES } from '../../spec/testbed.ts';
import { EXIT } from '../exit.ts';
import { machineTable } from '../machine-table.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

interface DoctorFlags {
  readonly for?: string;
}

export const doctorVerb: VerbSpec = {
  name: 'doctor',
  summary: 'tell what works on this machine, and what to install for the rest',
  examples: [
    ['tilebed doctor', 'tries every engine and every provider'],
    ['tilebed doctor testbeds/netns.yaml', 'only what this file needs; 3 where it is not ready'],
    ['tilebed doctor --for docker', 'only what this provider needs'],
  ],
  define: (command: Command) =>
    command
      .argument('[testbed]', 'a testbed file')
      .addOption(new Option('--for <provider>', 'one provider').choices(PROVIDER_NAMES)),
  run: async ({ output }: VerbContext, file: string | undefined, flags: DoctorFlags) => {
    const findings = await examined(file, flags);
    output.result(findings, report(findings));
    const all = file !== undefined || flags.for !== undefined;
    return (all ? findings.every(({ ok }) => ok) : somethingWorks(findings))
      ? EXIT.done
      : EXIT.missing;
  },
};

async function examined(file: string | undefined, flags: DoctorFlags): Promise<readonly Finding[]> {
  if (file !== undefined && flags.for !== undefined) {
    throw new TilebedError('INPUT', 'give either a testbed file or --for');
  }
  if (flags.for !== undefined) return examineProvider(flags.for);
  return file === undefined ? examine() : examineTestbed(await loadTestbed(file));
}

function somethingWorks(findings: readonly Finding[]): boolean {
  const works = (kind: string) =>
    findings.some(({ subject, ok }) => ok && subject.startsWith(kind));
  return works('this machine') && works('engine') && works('provider');
}

/** First all in one glance, then what was tried, with the command that mends what does not work. */
function report(findings: readonly Finding[]): string {
  const rows = findings.map(({ subject, ok, requirements }) => [
    subject,
    ok ? 'works' : 'does not work',
    requirements.find(({ ok }) => !ok)?.fix ?? '',
  ]);
  const table = plainTable(['what', 'here', 'to mend it'], rows);
  return [table, ...findings.map(describe)].join('\n\n');
}

function describe({ subject, ok, requirements, machines }: Finding): string {
  if (machines !== undefined) return machineTable(machines);
  const lines = requirements.map(({ name, ok, detail, fix }) => {
    const line = `  ${ok ? 'ok ' : 'no '} ${name}: ${detail}`;
    return fix === undefined ? line : `${line}\n      to mend it: ${fix}`;
  });
  return [`${subject}: ${ok ? 'works' : 'does not work'}`, ...lines].join('\n');
}
