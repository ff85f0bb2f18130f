/** tilebed schema */
import { Argument, type Command } from 'commander';
import { publishedSchema, SCHEMA_NAMES, type SchemaName } from '../../spec/published-schema.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

export const schemaVerb: VerbSpec = {
  name: 'schema',
  summary: 'print the JSON Schema of testbed or experiment files',
  examples: [['tilebed schema testbed > testbed.schema.json', 'for completion in an editor']],
  define: (command: Command) =>
    command.addArgument(new Argument('<kind>', 'which file').choices(SCHEMA_NAMES)),
  run: async ({ output }: VerbContext, kind: SchemaName) => {
    const schema = publishedSchema(kind);
    output.result(schema, JSON.stringify(schema, null, 2));
    return undefined;
  },
};
