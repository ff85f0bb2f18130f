/** The command line itself: help, usage, schemas, completion. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { descendants, fullName, tilebedProgram } from '../harness/cli/program.ts';
import { ROOT, tilebed } from './support/cli.ts';

const COMMANDS = descendants(tilebedProgram()).filter(({ commands }) => commands.length === 0);
const VERBS = COMMANDS.map(fullName);

test('help is an answer', async () => {
  const { exitCode, stdout } = await tilebed(['run', '--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Examples:\n  tilebed run experiments/demo.yaml');
});

test.each(VERBS)('%s: its help has examples', (verb) => {
  const command = COMMANDS.find((one) => fullName(one) === verb)!;
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  expect(help).toMatch(new RegExp(`Examples:\\n +(sudo |source <\\()?${verb}`));
});

test.each([
  [['frobnicate'], 'unknown command'],
  [['stats', 'x.yaml'], 'Did you mean status?'],
  [['up'], "missing required argument 'testbed'"],
  [['shape', 'set'], '(`tilebed shape set --help` shows what is possible)'],
  [['run', 'testbeds/local.yaml'], 'the file is a testbed, and an experiment is wanted'],
  [['up', 'experiments/demo.yaml'], 'the file is an experiment, and a testbed is wanted'],
  [['status', 'testbeds/local.yaml', '--format', 'xml'], 'Allowed choices are text, json'],
  [['run', 'experiments/demo.yaml', '--repeat', '0'], 'a whole number from 1 is wanted'],
  [['infer', '--cfg', 'yolov2.cfg', '--weights', 'synthetic:7'], 'give a picture with --image'],
  [
    ['infer', '--cfg', 'no.cfg', '--weights', 'synthetic:7', '--image', 'a.jpg'],
    'built in: yolov2',
  ],
  [['plan', 'testbeds/local.yaml', '--model', 'nope'], 'built in: yolov2'],
  [['doctor', '--for', 'kubernetes'], 'Allowed choices are local, netns, docker'],
  [['shape', 'set', 'testbeds/netns.yaml', '--rate', '5'], 'something such as 40mbit is wanted'],
  [
    ['exec', 'testbeds/local.yaml', 'edge0', 'ls', '-l'],
    "unknown option '-l': those of the command stand behind --, as in `tilebed exec FILE NODE -- ls -l`",
  ],
  [['report', 'docs'], 'docs'],
  [['verify', 'README.md'], 'README.md is no bundle: it cannot be unpacked'],
])('wrong usage %j ends with 2 and says what is wrong', async (args, says) => {
  const { exitCode, stdout, stderr } = await tilebed(args);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(says);
});

test.each([
  [
    ['graph', 'testbeds/local.yaml', '--format', 'svg', '--output', 'nowhere/rack.svg'],
    /^error: cannot write .*rack.svg: there is no such folder$/,
  ],
  [
    ['init', 'nowhere/testbed.yaml', '--provider', 'local'],
    /^error: cannot write .*testbed.yaml: there is no such folder$/,
  ],
  [
    ['export', 'docs', 'nowhere/bundle.tar.gz'],
    /^error: cannot write .*bundle.tar.gz: there is no such folder$/,
  ],
  // Where Node's own way of making folders never ends.
  [
    ['simulate', 'experiments/demo.yaml', '--results', '/proc/results/first'],
    /^error: cannot make \/proc\/results: \/proc takes no folders\n {2}hint: name one on a disk$/,
  ],
  [['simulate', 'experiments/demo.yaml', '--results', 'README.md/x'], /README.md is no folder$/],
])('%j: a place that cannot be written to is told as that', async (argv, says) => {
  const { exitCode, stderr } = await tilebed(argv);
  expect(stderr).toMatch(says);
  expect(exitCode).toBe(1);
});

test('a disk that is full is told as that, and not as a bundle that is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tilebed-full-'));
  try {
    const says = 'tar: trials.jsonl: Cannot write: No space left on device';
    await writeFile(join(folder, 'tar'), `#!/bin/sh\necho "${says}" >&2\nexit 2\n`, {
      mode: 0o755,
    });
    const env = { PATH: `${folder}:${process.env['PATH']}` };
    const { exitCode, stderr } = await tilebed(['verify', 'README.md'], { env });
    expect(stderr).toContain('no space is left on the disk');
    expect(stderr).toContain('TMPDIR=FOLDER names another place');
    expect(exitCode).toBe(3);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('doctor finds engines and the local provider', async () => {
  const { exitCode, stdout } = await tilebed(['doctor', '--format', 'json']);
  expect(exitCode).toBe(0);
  const findings = JSON.parse(stdout) as { subject: string; ok: boolean }[];
  const works = findings.filter(({ ok }) => ok).map(({ subject }) => subject);
  expect(works).toEqual(
    expect.arrayContaining(['this machine', 'engine onnxruntime', 'provider local']),
  );
});

test('long output comes whole through a pipe', async () => {
  const model = ['--cfg', 'tests/fixtures/tiny.cfg', '--weights', 'synthetic:7'];
  const picture = ['--image', 'docs/images/timeline.png', '--threshold', '0.1'];
  const { exitCode, stdout } = await tilebed(['infer', ...model, ...picture, '--format', 'json']);
  expect(exitCode).toBe(0);
  expect(stdout.length).toBeGreaterThan(2 ** 16);
  const { detections } = JSON.parse(stdout) as { detections: unknown[] };
  expect(detections.length).toBeGreaterThan(100);
});

test('the published schemas take what ships, and refuse what is wrong', async () => {
  for (const [kind, good] of [
    ['testbed', 'testbeds/local.yaml'],
    ['experiment', 'experiments/demo.yaml'],
  ] as const) {
    const { stdout } = await tilebed(['schema', kind]);
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(stdout));
    const value = parse(readFileSync(join(ROOT, good), 'utf8')) as object;
    expect(validate(value), good).toBe(true);
    expect(validate({ ...value, unknown: 1 })).toBe(false);
  }
});

test('bash completes verbs and options', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tilebed-completion-'));
  try {
    const { stdout } = await tilebed(['completion', 'bash']);
    const script = join(folder, 'completion.bash');
    await writeFile(script, stdout);
    const complete = (...words: string[]) =>
      execFileSync('bash', [
        '-c',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tilebed; echo "${COMPREPLY[@]}"',
        'bash',
        script,
        ...words,
      ])
        .toString()
        .trim();
    expect(complete('tilebed', 'd')).toBe('doctor deploy down');
    expect(complete('tilebed', 'run', '--re')).toBe('--results --resume --repeat');
    expect(complete('tilebed', 'schema', 'ex')).toBe('experiment');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.each(['zsh', 'fish'])('%s has a script for every verb', async (shell) => {
  const { exitCode, stdout } = await tilebed(['completion', shell]);
  expect(exitCode).toBe(0);
  for (const verb of VERBS) expect(stdout).toContain(verb.split(' ').at(-1));
});
