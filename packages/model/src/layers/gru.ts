import type { Tensor } from '@snowglobe/graph';
import { pointwise as p, split } from '@snowglobe/kernels';
import { linear } from './linear.js';

/** Gated recurrent unit (Cho et al. 2014): input u (B, K) and state (B, S) -> next state (B, S). */
export function gruCell(u_BK: Tensor, state_BS: Tensor, name: string): Tensor {
  const width = state_BS.shape.at(-1)!;
  return u_BK.builder.scope(name, () => {
    const fromInput = split(linear(u_BK, 'input', 3 * width), -1, [width, width, width]);
    const fromState = split(linear(state_BS, 'state', 3 * width), -1, [width, width, width]);
    const reset = p.sigmoid(p.add(fromInput[0]!, fromState[0]!));
    const keep = p.sigmoid(p.add(fromInput[1]!, fromState[1]!));
    const proposal = p.tanh(p.add(fromInput[2]!, p.mul(reset, fromState[2]!)));
    return p.add(proposal, p.mul(keep, p.sub(state_BS, proposal)));
  });
}
