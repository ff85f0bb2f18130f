/** Whether a file is a testbed or an experiment, by its keys: also where it is not quite right as either. */
import type { TSchema } from 'typebox';
import type { SpecDocument } from './document.ts';
import type { SpecFault } from './faults.ts';
import { checkSchema } from './schema-check.ts';

export type FileKind = 'testbed' | 'experiment';

const KEYS: Readonly<Record<FileKind, readonly string[]>> = {
  testbed: ['provider', 'network', 'nodes', 'edges', 'defaults'],
  experiment: ['model', 'frames', 'matrix', 'testbed', 'repeat'],
};

export function fileKind(value: unknown): FileKind | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const count = (kind: FileKind) => KEYS[kind].filter((key) => key in value).length;
  const [testbed, experiment] = [count('testbed'), count('experiment')];
  if (testbed === experiment) return undefined;
  return testbed > experiment ? 'testbed' : 'experiment';
}

/** Every fault of a file that is meant to be of a kind; of one of the other kind only that it is. */
export function checkAs(kind: FileKind, schema: TSchema, document: SpecDocument): SpecFault[] {
  const faults = checkSchema(document, schema);
  const actual = fileKind(document.value);
  if (faults.length === 0 || actual === undefined || actual === kind) return faults;
  const hint =
    actual === 'testbed'
      ? 'an experiment names its testbed: `testbed: FILE`'
      : 'a testbed has `provider`, `network` and `nodes`';
  return [
    document.fault([], `the file is ${nameOf(actual)}, and ${nameOf(kind)} is wanted`, { hint }),
  ];
}

function nameOf(kind: FileKind): string {
  return kind === 'testbed' ? 'a testbed' : 'an experiment';
}
