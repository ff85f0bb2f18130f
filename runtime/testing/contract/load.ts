/** The engine that a suite is about: loaded by its tests, so that one which is not there only skips. */
import type { Engine } from '../../engine/engine.ts';

export type LoadEngine = () => Promise<Engine>;
