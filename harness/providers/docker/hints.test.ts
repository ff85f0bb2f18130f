/** In the words of Docker 20.10 and its client 28. */
import { expect, test } from 'vitest';
import { engineMessage } from './engine.ts';
import { hintFor, isOutOfReach } from './hints.ts';

test.each([
  ['Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?', 'start'],
  ['permission denied while trying to connect to the Docker daemon socket at unix:///x', 'usermod'],
  ['spawn docker ENOENT', 'install Docker'],
  ['Pool overlaps with other one on this address space', 'another subnet'],
  ['Address already in use', 'that address'],
  ['Requested CPUs are not available - requested 7, available: 0-1', 'CPUs that the engine has'],
  ['error: exec: "apparmor_parser": executable file not found in $PATH.', 'install apparmor'],
  ['Minimum memory limit allowed is 6MB', 'more memory'],
  [
    'Get "https://registry/v2/": dial tcp: lookup registry: no such host',
    'registry that this engine',
  ],
])('%s', (message, hint) => {
  expect(hintFor(message)).toContain(hint);
});

test('only an engine that cannot be reached is lacking', () => {
  expect(isOutOfReach('Cannot connect to the Docker daemon at unix:///x.sock.')).toBe(true);
  expect(isOutOfReach('Get "https://registry/v2/": lookup registry: no such host')).toBe(false);
  expect(isOutOfReach('Address already in use')).toBe(false);
});

test('of what Docker prints, the line that tells what is wrong', () => {
  const stderr = `DEPRECATED: The legacy builder is deprecated
Error response from daemon: Address already in use
See 'docker run --help'.`;
  expect(engineMessage({ exitCode: 125, stdout: '', stderr })).toBe('Address already in use');
  expect(engineMessage({ exitCode: 1, stdout: '', stderr: '' })).toBe('ended with status 1');
});
