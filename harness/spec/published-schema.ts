/** The JSON Schemas that editors and scripts use: the very ones that tilebed checks files with. */
import type { TSchema } from 'typebox';
import { ExperimentSpec } from './experiment.ts';
import { TestbedSpec } from './testbed.ts';

export const SCHEMA_NAMES = ['testbed', 'experiment'] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

const SCHEMAS: Readonly<Record<SchemaName, TSchema>> = {
  testbed: TestbedSpec,
  experiment: ExperimentSpec,
};

export function publishedSchema(name: SchemaName): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    // Plain data: without the marks by which TypeBox knows its own.
    ...(JSON.parse(JSON.stringify(SCHEMAS[name])) as object),
  };
}
