/** Makes a box for Vagrant from Debian's packages, by the recipe of the room vagrant/. */
import { copyFile, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { bootSector, SECTOR_BYTES } from '../../vagrant/box/boot-sector.ts';
import { boxRecipe, DISK_BYTES, PARTITION_OFFSET_BYTES } from '../../vagrant/box/recipe.ts';
import { runCommand, tryCommand } from '../machine/command.ts';
import { makeScratch } from '../scratch.ts';
import type { RunTasks } from '../tasks.ts';

export interface BoxOptions {
  /** As Vagrant is to know it; not added where it is undefined. */
  readonly name: string | undefined;
  readonly suite: string;
  /** A Node.js executable for x86-64 that the box holds. */
  readonly node: string;
  readonly output: string;
  readonly signal: AbortSignal;
  readonly runTasks: RunTasks;
}

/** By the command that is tried: the package of Debian that has it. */
const TOOLS: Readonly<Record<string, readonly [string, string]>> = {
  mmdebstrap: ['--version', 'mmdebstrap'],
  'qemu-img': ['--version', 'qemu-utils'],
  mke2fs: ['-V', 'e2fsprogs'],
  'ssh-keygen': ['-?', 'openssh-client'],
};

/**
 * Rejects with a TilebedError: MISSING where tools or rights are, FAILED where a tool failed. Leaves
 * nothing half done behind.
 */
export async function buildBox(options: BoxOptions): Promise<void> {
  const { name, suite, node, output, signal, runTasks } = options;
  await checkTools();
  await using scratch = await makeScratch('box');
  const { folder } = scratch;
  const unfinished = `${output}.unfinished`;
  const recipe = boxRecipe({ folder, output: unfinished, suite });
  const run = async (commands: readonly (readonly string[])[]) => {
    for (const command of commands) await runCommand(command, { signal });
  };
  try {
    await runTasks(
      [
        {
          title: `install packages of ${suite}`,
          run: async () => {
            for (const file of recipe.files) {
              await writeFile(join(folder, file.name), file.text, { mode: file.mode });
            }
            await copyFile(node, join(folder, 'node'));
            await run([keygen(join(folder, 'vagrant_private_key')), recipe.bootstrap]);
          },
        },
        {
          title: 'make a disk that starts by itself',
          run: async () => {
            await run(recipe.disk);
            await writeBootSectors(folder);
          },
        },
        {
          title: 'pack the box',
          run: async () => {
            await run(recipe.pack);
            await rename(unfinished, output);
          },
        },
        ...(name === undefined
          ? []
          : [
              {
                title: `give it to Vagrant as ${name}`,
                run: () => run([['vagrant', 'box', 'add', '--force', '--name', name, output]]),
              },
            ]),
      ],
      { signal },
    );
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function checkTools(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new TilebedError('MISSING', 'boxes are made on Linux for x86-64 only');
  }
  const packages: string[] = [];
  for (const [tool, [argument, debianPackage]] of Object.entries(TOOLS)) {
    if ((await tryCommand([tool, argument])).exitCode === undefined) packages.push(debianPackage);
  }
  if (packages.length > 0) {
    throw new TilebedError('MISSING', `making a box needs ${packages.join(', ')}`, {
      hint: `apt-get install ${packages.join(' ')}`,
    });
  }
  if (process.getuid?.() !== 0) {
    throw new TilebedError('MISSING', 'only root can make a root file system with its owners', {
      hint: 'sudo it, with `--output FILE --no-add`, and `vagrant box add --name NAME FILE` as yourself',
    });
  }
}

function keygen(file: string): readonly string[] {
  return ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'tilebed box', '-f', file];
}

/** GRUB: its first part in front of the partition table, the rest between that and the partition. */
async function writeBootSectors(folder: string): Promise<void> {
  const code = await readFile(join(folder, 'boot.img'));
  const core = await readFile(join(folder, 'core.img'));
  if (SECTOR_BYTES + core.length > PARTITION_OFFSET_BYTES) throw new Error('GRUB is too large');
  const first = PARTITION_OFFSET_BYTES / SECTOR_BYTES;
  const disk = await open(join(folder, 'disk'), 'r+');
  try {
    await disk.write(
      bootSector(code, first, DISK_BYTES / SECTOR_BYTES - first),
      0,
      SECTOR_BYTES,
      0,
    );
    await disk.write(core, 0, core.length, SECTOR_BYTES);
  } finally {
    await disk.close();
  }
}
