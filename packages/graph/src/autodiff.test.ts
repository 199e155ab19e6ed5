import { describe, expect, it } from 'vitest';
import type { Tensor } from './graph.js';
import { GraphBuilder } from './builder.js';
import { gradients } from './autodiff.js';
import { add, mul, opaque, step } from './test_ops.js';

const none = (): never => {
  throw new Error('the ops of this test need none of it');
};
const algebra = {
  add: add.apply,
  zerosLike: (x: Tensor) => mul.apply(x, x.builder.scalar(0)),
  sumToShape: none,
  broadcastTo: none,
  pad: none,
};
const differentiate = (loss: Tensor, wrt: readonly Tensor[]) =>
  gradients(loss, wrt, loss.builder.scalar(1), algebra);

/** Evaluates a scalar graph of `add` and `mul` by hand. */
function evaluate(tensor: Tensor, values: ReadonlyMap<Tensor, number>): number {
  const known = values.get(tensor);
  if (known !== undefined) return known;
  const { node } = tensor;
  if (node.kind === 'constant') return node.data[0]!;
  if (node.kind !== 'op') throw new Error('no value');
  const [a, b] = node.inputs.map((input) => evaluate(input, values));
  return node.op.name === 'add' ? a! + b! : a! * b!;
}

describe('gradients', () => {
  it('adds the contributions of every path', () => {
    const builder = new GraphBuilder();
    const [x, y] = [builder.input('x', []), builder.input('y', [])];
    const square = mul.apply(x, x);
    const loss = add.apply(mul.apply(square, y), add.apply(square, x)); // x²y + x² + x
    const [dx, dy] = differentiate(loss, [x, y]);
    const values = new Map([
      [x, 3],
      [y, 5],
    ]);
    expect(evaluate(dx!, values)).toBe(2 * 3 * 5 + 2 * 3 + 1);
    expect(evaluate(dy!, values)).toBe(9);
  });

  it('gives zeros for what the loss does not depend on', () => {
    const builder = new GraphBuilder();
    const [x, y] = [builder.input('x', []), builder.input('y', [])];
    const [dy] = differentiate(mul.apply(x, x), [y]);
    expect(evaluate(dy!, new Map([[y, 4]]))).toBe(0);
  });

  it('stops at piecewise constant ops and refuses those without a derivative', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', []);
    const stepped = builder.apply(step, [x], {})[0]!;
    const [dx] = differentiate(mul.apply(stepped, stepped), [x]);
    expect(evaluate(dx!, new Map([[x, 2]]))).toBe(0);
    expect(() => differentiate(builder.apply(opaque, [x], {})[0]!, [x])).toThrow(
      /op 'opaque' has no derivative/,
    );
  });

  it('wants a scalar loss', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2]);
    expect(() => differentiate(add.apply(x, x), [x])).toThrow(/the loss has shape \(2\); reduce it/);
  });
});
