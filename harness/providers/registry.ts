/** All providers by name. */
import { TilebedError } from '../../runtime/errors.ts';
import { dockerProvider } from './docker/provider.ts';
import { localProvider } from './local/provider.ts';
import { netnsProvider } from './netns/provider.ts';
import type { Provider } from './provider.ts';
import { sshProvider } from './ssh/provider.ts';
import { vagrantProvider } from './vagrant/provider.ts';

export const PROVIDERS: readonly Provider[] = [
  localProvider,
  netnsProvider,
  dockerProvider,
  sshProvider,
  vagrantProvider,
];

/** Throws a TilebedError (MISSING) for a provider that this version does not have. */
export function providerNamed(name: string): Provider {
  const provider = PROVIDERS.find((candidate) => candidate.name === name);
  if (provider !== undefined) return provider;
  throw new TilebedError('MISSING', `the provider ${name} is not available in this version`, {
    hint: `available: ${PROVIDERS.map((candidate) => candidate.name).join(', ')}`,
  });
}
