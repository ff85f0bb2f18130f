/**
 * Whether KVM really runs a machine. That /dev/kvm exists, and even opens, says little: inside some clouds
 * it is a KVM that cannot run a stock kernel. So a machine is started with it, and where this machine's own
 * kernel can be read, that is booted in it up to its first words.
 */
import { access, constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const QEMU = 'qemu-system-x86_64';
const MACHINE = ['-accel', 'kvm', '-cpu', 'host', '-m', '128', '-display', 'none', '-nodefaults'];
const START_PATIENCE_MS = 10_000;
const BOOT_PATIENCE_MS = 20_000;

/** Undefined where it works, or where this user may not try it, as libvirt's daemon may. */
export async function kvmProblem(device = '/dev/kvm'): Promise<string | undefined> {
  if (process.arch !== 'x64') return 'it is tried on x86-64 only';
  try {
    await access(device, constants.R_OK | constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? `there is no ${device}` : undefined;
  }
  return (await startProblem()) ?? (await bootProblem());
}

/** A machine that is made, and ended before its first instruction. */
async function startProblem(): Promise<string | undefined> {
  const { exitCode, stderr, message } = await execa(QEMU, [...MACHINE, '-S', '-monitor', 'stdio'], {
    input: 'quit\n',
    reject: false,
    timeout: START_PATIENCE_MS,
  });
  if (exitCode === 0) return undefined;
  return stderr.trim().split('\n')[0] || message?.split('\n')[0] || 'QEMU did not start';
}

async function bootProblem(): Promise<string | undefined> {
  const kernel = await readableKernel();
  if (kernel === undefined) return undefined;
  const args = [
    '-serial',
    'stdio',
    '-kernel',
    kernel,
    '-append',
    'console=ttyS0 earlyprintk=ttyS0',
  ];
  const child = execa(QEMU, [...MACHINE, '-no-reboot', ...args], {
    reject: false,
    timeout: BOOT_PATIENCE_MS,
    stdin: 'ignore',
  });
  let spoke = false;
  for await (const line of child) {
    if (!line.includes('Linux version')) continue;
    spoke = true;
    child.kill('SIGKILL');
  }
  await child;
  return spoke ? undefined : `${kernel} does not boot with it`;
}

async function readableKernel(): Promise<string | undefined> {
  const names = await readdir('/boot').catch(() => []);
  for (const name of names.filter((each) => each.startsWith('vmlinuz')).sort()) {
    const path = join('/boot', name);
    const readable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (readable) return path;
  }
  return undefined;
}
