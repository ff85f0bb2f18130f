/** tilebed init */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { plainTable } from '../../../reports/table.ts';
import { writeNewTestbed } from '../../init/init.ts';
import { type HostName, parseHost, type ScannedHost } from '../../init/scan-hosts.ts';
import { displayPath } from '../../spec/document.ts';
import { PROVIDER_NAMES, type ProviderName } from '../../spec/testbed.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

interface InitFlags {
  readonly provider: ProviderName;
  readonly name?: string;
  readonly subnet?: string;
  readonly edges: number;
  readonly hosts: readonly HostName[];
}

export const initVerb: VerbSpec = {
  name: 'init',
  summary: 'write a commented testbed file, never over one that is there',
  examples: [
    ['tilebed init --provider netns', 'writes testbed.yaml'],
    ['tilebed init rack.yaml --provider ssh --hosts pi@10.0.0.4,pi@10.0.0.5', 'looks who answers'],
  ],
  define: (command: Command) =>
    command
      .argument('[file]', 'the file to write', 'testbed.yaml')
      .addOption(
        new Option('--provider <name>', 'how nodes come to exist')
          .choices(PROVIDER_NAMES)
          .makeOptionMandatory(),
      )
      .option('--name <name>', 'of the testbed; default: after its file')
      .option('--subnet <cidr>', 'default: one that is free here, or the hosts’ own')
      .option('--edges <n>', 'how many edges', wholeNumber, 2)
      .option(
        '--hosts <a,b,c>',
        'of ssh: machines to look for, the gateway first, each as [user@]host[:port]',
        hostList,
        [],
      ),
  run: async ({ output }: VerbContext, path: string, flags: InitFlags) => {
    const { file, hosts } = await writeNewTestbed({ file: path, ...flags });
    if (hosts.length > 0) output.note(hostTable(hosts));
    const silent = hosts.filter(({ greeting }) => greeting === undefined);
    for (const { host, problem } of silent) output.warn(`${host} does not answer: ${problem}`);
    const shown = displayPath(file);
    const next = `tilebed doctor ${shown}`;
    output.result(
      { file, hosts, next },
      `wrote ${shown}\nnext: ${next}\nthen: tilebed up ${shown}`,
    );
    return undefined;
  },
};

function hostTable(hosts: readonly ScannedHost[]): string {
  const rows = hosts.map(({ host, port, address, greeting }) => [
    port === 22 ? host : `${host}:${port}`,
    address ?? '-',
    greeting ?? '-',
  ]);
  return plainTable(['host', 'address', 'answers'], rows);
}

function hostList(text: string): readonly HostName[] {
  return text.split(',').map((part) => {
    const host = parseHost(part);
    if (host !== undefined && host.port > 0 && host.port < 65_536) return host;
    throw new InvalidArgumentError(`\`${part}\` is no [user@]host[:port]`);
  });
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 to 999 is wanted');
}
