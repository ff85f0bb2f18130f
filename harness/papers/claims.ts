/**
 * The papers' claims, each with what decides it: our values of the figure's own panels. A claim whose
 * values are not there is not tested.
 */
import { DEFAULT_TRANSFER, type Transfer } from '../../runtime/schedule/transfer.ts';
import type { JudgedClaim, ReproducedPanel } from '../results/reproduction.ts';
import { ADAPTIVE_CLAIMS } from './adaptive-claims.ts';
import type { Claim, Ours } from './claim.ts';
import { FUSED_LAYERS_CLAIMS } from './fused-layers-claims.ts';
import { NETWORK_CLAIMS } from './network-claims.ts';
import { STEALING_CLAIMS } from './stealing-claims.ts';

const CLAIMS: Readonly<Record<string, readonly Claim[]>> = {
  ...NETWORK_CLAIMS,
  ...STEALING_CLAIMS,
  'deepthings-fig15': FUSED_LAYERS_CLAIMS,
  beaten: ADAPTIVE_CLAIMS,
};

/** @param transfer how frames and halos travelled in what was measured */
export function judgeClaims(
  figure: string,
  panels: readonly ReproducedPanel[],
  transfer: Transfer = DEFAULT_TRANSFER,
): JudgedClaim[] {
  const ours: Ours = (id, name, label) => {
    const panel = panels.find((one) => one.id === id);
    const index = panel?.x.labels.indexOf(String(label)) ?? -1;
    return panel?.series.find((one) => one.name === name)?.ours[index] ?? undefined;
  };
  return (CLAIMS[figure] ?? []).map(({ claim, judge }) => {
    const finding = judge(ours, transfer);
    if (finding === undefined) return { claim, verdict: 'not tested here', found: '' };
    const { holds, found } = finding;
    return { claim, verdict: holds ? 'holds' : 'does not hold', found };
  });
}
