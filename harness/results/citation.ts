/**
 * How to cite a bundle of results: a CITATION.cff (https://citation-file-format.github.io, 1.2.0) of the
 * results themselves, which refers to the tilebed that measured them.
 */
import { stringify } from 'yaml';
import type { Manifest } from './format.ts';

export const CITATION_FILE = 'CITATION.cff';

/** @param authors as they are to be named; empty: nobody has said, and the file says so */
export function citationText(
  { experiment, testbed, startedAt, versions }: Manifest,
  authors: readonly string[],
): string {
  const names = authors.length > 0 ? authors : [`the people who ran ${experiment.name}`];
  return stringify(
    {
      'cff-version': '1.2.0',
      message: 'If you use these results, please cite them as below.',
      type: 'dataset',
      title: `Results of the tilebed experiment ${experiment.name} on ${testbed.name}`,
      ...(experiment.description === undefined ? {} : { abstract: experiment.description }),
      authors: names.map((name) => ({ name })),
      'date-released': startedAt.slice(0, 10),
      references: [
        {
          type: 'software',
          title: 'tilebed',
          version: versions.tilebed,
          ...(versions.commit === undefined ? {} : { commit: versions.commit.slice(0, 40) }),
          authors: [{ name: 'The tilebed authors' }],
        },
      ],
    },
    { lineWidth: 0 },
  );
}
