/**
 * Real Vagrant reads the golden Vagrantfiles. It checks a block of VirtualBox's only where VirtualBox is
 * its provider, for which a stand-in of VBoxManage tells a version, and nothing else: no machine of
 * VirtualBox is made here.
 */
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { withoutVagrant } from './require-vagrant.ts';

const GOLDEN = join(ROOT, 'vagrant/golden');
const SUFFIX = '.Vagrantfile.golden';
const files = (await readdir(GOLDEN)).filter((file) => file.endsWith(SUFFIX));

describe.skipIf(withoutVagrant)('vagrant validate', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tilebed-vagrant-'));
    await writeFile(join(folder, 'VBoxManage'), '#!/bin/sh\necho 6.1.38r153438\n');
    await chmod(join(folder, 'VBoxManage'), 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function validate(provider: string) {
    return execa('vagrant', ['validate'], {
      cwd: folder,
      env: {
        PATH: `${folder}:${process.env['PATH']}`,
        VAGRANT_DEFAULT_PROVIDER: provider,
        VAGRANT_CHECKPOINT_DISABLE: '1',
        VAGRANT_HOME: join(folder, 'home'),
      },
      reject: false,
    });
  }

  const providerOf = (file: string) => (file.startsWith('virtualbox') ? 'virtualbox' : 'libvirt');

  test.each(files)('%s', async (file) => {
    await copyFile(join(GOLDEN, file), join(folder, 'Vagrantfile'));
    const { exitCode, stdout, stderr } = await validate(providerOf(file));
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: 'Vagrantfile validated successfully.',
      stderr: '',
    });
  });

  test.each(['virtualbox', 'libvirt'])('a wrong setting of %s is found', async (provider) => {
    const text = await readFile(join(GOLDEN, `${provider}${SUFFIX}`), 'utf8');
    await writeFile(
      join(folder, 'Vagrantfile'),
      text.replace(`${provider}.cpus =`, `${provider}.cpuz =`),
    );
    const { exitCode, stderr, stdout } = await validate(provider);
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toContain('cpuz');
  });
});
