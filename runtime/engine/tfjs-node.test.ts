import { describe } from 'vitest';
import { engineContract } from '../testing/engine-contract.ts';
import { withoutTfjsNode } from '../testing/present.ts';
import { loadEngine } from './registry.ts';

describe.skipIf(withoutTfjsNode)('where tfjs-node is installed', () => {
  engineContract(() => loadEngine('tfjs-node'));
});
