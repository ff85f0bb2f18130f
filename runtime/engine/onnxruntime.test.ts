import { engineContract } from '../testing/engine-contract.ts';
import { loadEngine } from './registry.ts';

engineContract(() => loadEngine('onnxruntime'));
