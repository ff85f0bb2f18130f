/** The provider `local` keeps the contract. */
import { ownedProcesses } from '../../../harness/machine/owned-processes.ts';
import { localProvider } from '../../../harness/providers/local/provider.ts';
import { remainsOfNodes } from '../../support/remains.ts';
import { withoutCgroups } from '../../support/require.ts';
import { providerContract } from './contract.ts';

const here = await localProvider.capabilities();

providerContract({
  name: 'local',
  subnets: ['10.91.10', '10.91.11'],
  able: [
    'freeze',
    ...(withoutCgroups ? [] : (['pin', 'quota', 'memory'] as const)),
    ...(here.has('cut') ? (['cut'] as const) : []),
  ],
  remains: remainsOfNodes,
  processes: ownedProcesses,
});
