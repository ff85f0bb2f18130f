/**
 * Which shared libraries programs need, as the loader of this machine itself tells (`ldd`): it follows
 * search paths, versions and libraries of libraries, which no list could.
 */
import { tryCommand } from '../machine/command.ts';

/**
 * Paths of all libraries and the loader; each once, as the loader names it. What is no dynamic program
 * needs none.
 */
export async function sharedLibraries(programs: readonly string[]): Promise<readonly string[]> {
  const answers = await Promise.all(
    [...new Set(programs)].map((program) => tryCommand(['ldd', program])),
  );
  return [...new Set(answers.flatMap(({ stdout }) => librariesIn(stdout)))];
}

/** From `name => /path (0x...)` and, for the loader, `/path (0x...)`. */
export function librariesIn(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const path = /(?:=>\s+|^\s+)(\/\S+)\s+\(0x/.exec(line)?.[1];
    return path === undefined ? [] : [path];
  });
}
