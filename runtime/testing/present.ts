/** What a machine may lack; where TILEBED_REQUIRE names it, as in CI, its tests run all the same. */
import { findTfjsNode } from '../engine/tfjs/find-tfjs-node.ts';

const REQUIRED = (process.env['TILEBED_REQUIRE'] ?? '').split(/[\s,]+/);

export const withoutTfjsNode = !REQUIRED.includes('tfjs-node') && findTfjsNode() === undefined;
