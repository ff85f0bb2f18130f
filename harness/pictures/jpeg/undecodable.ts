/** Thrown inside this folder for whatever this decoder does not take: the reader then asks another one. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable';
}

export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Undecodable(what);
}
