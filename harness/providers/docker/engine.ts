/**
 * A Docker engine, through the command line: `docker` brings contexts, SSH, TLS and credentials as the
 * user has set them up (decision 0013). Errors that users can mend come with how.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { TilebedError } from '../../../runtime/errors.ts';
import { type CommandOptions, type CommandResult, tryCommand } from '../../machine/command.ts';
import { hintFor, isOutOfReach } from './hints.ts';

export interface EngineOptions {
  /** Such as ssh://user@host; without it, the one that `docker` itself takes. */
  readonly host?: string;
  /** Put into the environment of every command, so that those of a dead harness are found. */
  readonly mark?: Readonly<Record<string, string>>;
}

type EngineCommandOptions = Pick<CommandOptions, 'signal' | 'inputFile'>;

/** Of `docker info`. */
export interface EngineInfo {
  readonly NCPU: number;
  readonly MemoryLimit: boolean;
  readonly SwapLimit: boolean;
  readonly CPUSet: boolean;
  readonly CpuCfsQuota: boolean;
  readonly Architecture: string;
  readonly ServerVersion: string;
  readonly Swarm: SwarmInfo;
}

/** What an engine knows of the swarm that it is in, if it is in one. */
export interface SwarmInfo {
  readonly NodeID: string;
  readonly NodeAddr: string;
  /** `active` in a swarm, `inactive` in none. */
  readonly LocalNodeState: string;
  /** True for managers: only they make networks. */
  readonly ControlAvailable: boolean;
  readonly Error: string;
}

/** A swarm notices in its own time that a network's last container is gone. */
const SETTLING = /is in use by task|has active endpoints/;
const SETTLING_ROUNDS = 40;
const SETTLING_MS = 250;

export class Engine {
  readonly #options: EngineOptions;

  constructor(options: EngineOptions = {}) {
    this.#options = options;
  }

  /** Undefined for the one that `docker` itself takes. */
  get address(): string | undefined {
    return this.#options.host;
  }

  get environment(): Readonly<Record<string, string>> {
    return { LC_ALL: 'C', ...this.#options.mark };
  }

  /** The whole command. */
  command(args: readonly string[]): readonly [string, ...string[]] {
    const { host } = this.#options;
    return ['docker', ...(host === undefined ? [] : ['--host', host]), ...args];
  }

  /** Whatever comes of it. Without a signal nobody ends it. */
  try(args: readonly string[], options: EngineCommandOptions = {}): Promise<CommandResult> {
    return tryCommand(this.command(args), { ...options, environment: this.environment });
  }

  /** Returns standard output. Rejects with a TilebedError: FAILED, or MISSING without an engine. */
  async run(args: readonly string[], options: EngineCommandOptions = {}): Promise<string> {
    const answer = await this.try(args, options);
    if (answer.exitCode === 0) return answer.stdout;
    const said = engineMessage(answer);
    const hint = hintFor(said);
    throw new TilebedError(
      answer.exitCode === undefined || isOutOfReach(said) ? 'MISSING' : 'FAILED',
      `docker ${args[0]}: ${said}`,
      hint === undefined ? {} : { hint },
    );
  }

  /** Removes a network of which the testbed has just removed the containers; no harm where it is gone. */
  async removeNetwork(name: string, signal?: AbortSignal): Promise<void> {
    const options = signal === undefined ? {} : { signal };
    for (let round = 1; ; round++) {
      const answer = await this.try(['network', 'rm', name], options);
      const said = `${answer.stdout}\n${answer.stderr}`;
      if (answer.exitCode === 0 || /not found|no such network/i.test(said)) return;
      if (!SETTLING.test(said) || round === SETTLING_ROUNDS) {
        throw new TilebedError('FAILED', `docker network rm ${name}: ${engineMessage(answer)}`);
      }
      await delay(SETTLING_MS, undefined, options);
    }
  }

  /** Copies an image to another engine, without a registry. Rejects with a TilebedError (FAILED). */
  async copyImage(tag: string, to: Engine, signal: AbortSignal): Promise<void> {
    const [file, ...args] = this.command(['save', tag]);
    const [otherFile, ...otherArgs] = to.command(['load', '--quiet']);
    const options = { env: this.environment, reject: false, cancelSignal: signal } as const;
    const copied = await execa(file, args, { ...options, buffer: { stdout: false } }).pipe(
      otherFile,
      otherArgs,
      options,
    );
    signal.throwIfAborted();
    if (copied.exitCode === 0) return;
    const said = [copied, ...copied.pipedFrom].map(({ stderr }) => stderr).join('\n');
    throw new TilebedError('FAILED', `cannot copy ${tag} to ${to.address}: ${said.trim()}`);
  }

  /** Things by name or id as Docker describes them; those that are gone meanwhile are left out. */
  async inspect<Thing>(
    kind: 'container' | 'network' | 'image' | 'volume',
    names: readonly string[],
  ): Promise<readonly Thing[]> {
    if (names.length === 0) return [];
    // What is found is printed even where something else is not.
    const { stdout } = await this.try([kind, 'inspect', ...names]);
    return stdout.trim() === '' ? [] : (JSON.parse(stdout) as Thing[]);
  }

  /** Ids of what carries the label. */
  async labelled(
    kind: 'container' | 'network' | 'volume',
    label: string,
  ): Promise<readonly string[]> {
    const all = kind === 'container' ? ['--all'] : [];
    const text = await this.run([kind, 'ls', ...all, '--quiet', '--filter', `label=${label}`]);
    return text.split('\n').filter(Boolean);
  }

  async info(): Promise<EngineInfo> {
    return JSON.parse(await this.run(['info', '--format', '{{json .}}'])) as EngineInfo;
  }

  /** True where its containers are processes of this machine. */
  async isHere(): Promise<boolean> {
    const { host } = this.#options;
    const address = host ?? process.env['DOCKER_HOST'] ?? (await this.#contextHost());
    return process.platform === 'linux' && address.startsWith('unix://');
  }

  async #contextHost(): Promise<string> {
    const format = '{{.Endpoints.docker.Host}}';
    return (await this.try(['context', 'inspect', '--format', format])).stdout.trim();
  }
}

/** The last line says what is wrong; Docker puts deprecations and progress before it. */
export function engineMessage({ exitCode, stdout, stderr }: CommandResult): string {
  const lines = `${stdout}\n${stderr}`.trim().split('\n').filter(Boolean);
  const telling = lines.filter((line) => !/^See '|^Run '|^exit status|DEPRECATED|^\s*$/.test(line));
  const said = telling.at(-1)?.replace(/^(docker: )?Error response from daemon: /, '') ?? '';
  return said === '' ? `ended with status ${exitCode}` : said;
}
