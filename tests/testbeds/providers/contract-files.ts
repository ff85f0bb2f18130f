/** Files to a node and back: bytes, names and modes stay what they are. */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ProviderUnderTest, threeNodes } from './provider-under-test.ts';
import { upTestbed } from './up-testbed.ts';

const NAMES = ['plain', 'with space', "it's", 'two\nlines', 'ünï 漢', '-dash', '$HOME;*', '"q"'];
const LARGE_BYTES = 40 * 2 ** 20;
const HASH = `const bytes = require('node:fs').readFileSync(process.argv[1]);
process.stdout.write(require('node:crypto').createHash('sha256').update(bytes).digest('hex'));`;

export function fileContract(provider: ProviderUnderTest): void {
  const { subnets } = provider;
  describe('files', () => {
    const testbed = provider.shared ?? upTestbed(provider, threeNodes(subnets[0]));

    test('a large file, there and back', async () => {
      const { transport, folder, node } = testbed.node('edge0');
      const bytes = randomBytes(LARGE_BYTES);
      const here = join(testbed.workspace.folder, 'large');
      await writeFile(here, bytes);
      await transport.put(here, `${folder}/deep/er/large`);
      const { stdout } = await transport.exec([node, '-e', HASH, `${folder}/deep/er/large`]);
      const hash = createHash('sha256').update(bytes).digest('hex');
      expect(stdout).toBe(hash);
      const back = join(testbed.workspace.folder, 'back', 'large');
      await transport.get(`${folder}/deep/er/large`, back);
      expect(
        createHash('sha256')
          .update(await readFile(back))
          .digest('hex'),
      ).toBe(hash);
    });

    test('a folder with odd names and modes', async () => {
      const { transport, folder } = testbed.node('edge0');
      const here = join(testbed.workspace.folder, 'a folder');
      await mkdir(join(here, 'empty'), { recursive: true });
      for (const [index, file] of NAMES.entries()) {
        await writeFile(join(here, file), file);
        await chmod(join(here, file), index % 2 === 0 ? 0o755 : 0o600);
      }
      await transport.put(here, `${folder}/it's there`);
      const back = join(testbed.workspace.folder, 'and back');
      await transport.get(`${folder}/it's there`, back);
      for (const [index, file] of NAMES.entries()) {
        expect(await readFile(join(back, file), 'utf8')).toBe(file);
        const { mode } = await stat(join(back, file));
        expect(mode & 0o777).toBe(index % 2 === 0 ? 0o755 : 0o600);
      }
      expect((await stat(join(back, 'empty'))).isDirectory()).toBe(true);
    });

    test('a file that is not there is an error', async () => {
      const { transport, folder } = testbed.node('edge0');
      await expect(transport.put('/nowhere/at all', `${folder}/x`)).rejects.toThrow();
      await expect(
        transport.get(`${folder}/no such file`, join(testbed.workspace.folder, 'x')),
      ).rejects.toThrow();
    });
  });
}
