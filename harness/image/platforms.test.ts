import { expect, test } from 'vitest';
import { parsePlatforms } from './platforms.ts';

const names = (text: string) => parsePlatforms(text).map(({ name }) => name);

test('platforms are written as Docker writes them, each is taken once', () => {
  expect(names('linux/amd64,linux/arm64')).toEqual(['linux/amd64', 'linux/arm64']);
  expect(names('linux/arm64/v8, linux/arm, arm64')).toEqual(['linux/arm64', 'linux/arm/v7']);
});

test('one that is not known is named, with those that are', () => {
  expect(() => parsePlatforms('linux/amd64,linux/s390x')).toThrow('`linux/s390x`');
  expect(() => parsePlatforms('')).toThrow('``');
  expect(() => parsePlatforms('windows/amd64')).toThrow('`windows/amd64`');
});
