import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { matmul, mean, pointwise } from '@snowglobe/kernels';
import type { StageDefinition } from '@snowglobe/model';
import { fanIn, parameter } from '@snowglobe/model';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';

/** Two layers that learn sin(3 x0) · x1 from as many examples a step. */
export function regression(rows: number): Pick<StageDefinition, 'batches' | 'build'> {
  return {
    build: (builder: GraphBuilder) => {
      const x = builder.input('x', [rows, 2]);
      const weight = (name: string, inputs: number, outputs: number): Tensor =>
        parameter(builder, name, [inputs, outputs], fanIn(inputs));
      const bias = (name: string): Tensor => parameter(builder, name, [16], { kind: 'zeros' });
      const first = pointwise.tanh(matmul(x, weight('first', 2, 16), { bias: bias('firstBias') }));
      const second = pointwise.tanh(matmul(first, weight('second', 16, 16), { bias: bias('secondBias') }));
      const error = pointwise.sub(matmul(second, weight('third', 16, 1)), builder.input('y', [rows, 1]));
      const loss = mean(pointwise.square(error));
      return { loss, metrics: { absoluteError: mean(pointwise.abs(error)) } };
    },
    batches: (_, random) => {
      const x = Float32Array.from({ length: 2 * rows }, () => 2 * uniformFloat64(random) - 1);
      const y = Float32Array.from({ length: rows }, (_, i) => Math.sin(3 * x[2 * i]!) * x[2 * i + 1]!);
      return { x, y };
    },
  };
}
