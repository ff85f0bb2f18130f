import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hardware } from './virtualbox-requirements.ts';

describe('whose the CPU’s virtualization is', () => {
  let modules: string;
  beforeEach(async () => {
    modules = await mkdtemp(join(tmpdir(), 'tilebed-modules-'));
  });
  afterEach(() => rm(modules, { recursive: true }));

  async function load(users: number, atLoad?: string): Promise<void> {
    await mkdir(join(modules, 'kvm_intel'));
    await writeFile(join(modules, 'kvm_intel/refcnt'), `${users}\n`);
    if (atLoad === undefined) return;
    await mkdir(join(modules, 'kvm/parameters'), { recursive: true });
    await writeFile(join(modules, 'kvm/parameters/enable_virt_at_load'), `${atLoad}\n`);
  }

  test('nobody’s without KVM', async () => {
    expect(await hardware(modules)).toMatchObject({ ok: true });
  });

  test('nobody’s while an older KVM has no machine', async () => {
    await load(0);
    expect(await hardware(modules)).toMatchObject({ ok: true });
    await rm(join(modules, 'kvm_intel'), { recursive: true });
    await load(0, 'N');
    expect(await hardware(modules)).toMatchObject({ ok: true });
  });

  test('KVM’s while its machines run', async () => {
    await load(3);
    const { ok, detail, fix } = await hardware(modules);
    expect({ ok, detail }).toEqual({
      ok: false,
      detail: 'machines of KVM run (module kvm_intel has 3 users)',
    });
    expect(fix).toContain('modprobe -r kvm_intel');
  });

  test('KVM’s from when it is loaded, since Linux 6.12', async () => {
    await load(0, 'Y');
    expect(await hardware(modules)).toMatchObject({
      ok: false,
      detail: 'KVM holds it (module kvm_intel)',
    });
  });
});
