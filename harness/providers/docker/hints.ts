/** What to do about what Docker says, by its own words: they are the same on every version seen. */
const NO_RIGHT = /permission denied while trying to connect/i;
const NO_ANSWER = /cannot connect to the docker daemon|error during connect/i;

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/ENOENT/, 'install Docker, such as `apt-get install docker.io`'],
  [
    NO_RIGHT,
    'this user may not talk to the engine: `sudo usermod -aG docker $USER` and log in again, or use sudo',
  ],
  [
    NO_ANSWER,
    'start the engine, such as `sudo systemctl start docker`, or name another under `docker: { engine: ... }`',
  ],
  [/pool overlaps/i, 'choose another subnet; `docker network ls` shows what there is'],
  [
    /address already in use|does not belong to any of this network's subnets/i,
    'another container has that address, or it lies outside the subnet: choose another',
  ],
  [
    /requested cpus are not available|range of cpus is from/i,
    'ask for CPUs that the engine has; `docker info` shows how many',
  ],
  [/minimum memory limit/i, 'give the node more memory'],
  [/apparmor_parser/, 'install what the kernel wants here: `sudo apt-get install apparmor`'],
  [/no space left on device/i, 'free space; `docker system df` shows what Docker holds'],
  [
    /pull access denied|manifest unknown|no such image|failed to resolve|Get "https?:/i,
    'the image must be there already or in a registry that this engine reaches; `docker image ls` shows what is there',
  ],
];

export function hintFor(message: string): string | undefined {
  return HINTS.find(([pattern]) => pattern.test(message))?.[1];
}

/** Whether it is the engine itself that is lacking, not what was asked of it. */
export function isOutOfReach(message: string): boolean {
  return NO_RIGHT.test(message) || NO_ANSWER.test(message);
}
