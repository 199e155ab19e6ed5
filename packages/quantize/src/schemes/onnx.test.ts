import { quantizeWeights, quantizedVariables } from '@snowglobe/compiler';
import { GraphBuilder } from '@snowglobe/graph';
import type { QuantizedMatrix } from '@snowglobe/kernels';
import { matmul } from '@snowglobe/kernels';
import { dequantizeMatrix, encodeOnnx } from '@snowglobe/kernels/internal';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { parseAlgorithm } from '../algorithms/algorithm.js';
import { quantizeMatrix } from '../algorithms/quantize_matrix.js';
import { normals } from '../testing/random.js';
import { allSchemes, schemeNamed } from './registry.js';

const [k, n] = [96, 7];
const weights = Float32Array.from(normals(k * n, 1));

const quantized = (name: string, size = 1): QuantizedMatrix =>
  quantizeMatrix(
    weights.map((weight) => size * weight),
    [k, n],
    { scheme: schemeNamed(name), algorithm: parseAlgorithm('mse'), name },
  ).matrix;

const bytesOf = (data: Uint32Array | Float32Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

it('ONNX Runtime’s DequantizeLinear reads the bytes of eight bits as we do', async () => {
  const matrix = quantized('w8a16');
  const depth = matrix.format.group;
  const output = { name: 'y', type: 'f32', shape: [n, depth] } as const;
  const model = encodeOnnx({
    name: 'dequantize',
    nodes: [
      {
        ...{ opType: 'DequantizeLinear', domain: '', name: 'd' },
        ...{ inputs: ['x', 'scale', 'zero'], outputs: ['y'], attributes: { axis: { int: 0 } } },
      },
    ],
    initializers: [
      { name: 'x', type: 'u8', shape: [n, depth], bytes: bytesOf(matrix.packed) },
      { name: 'scale', type: 'f32', shape: [n], bytes: bytesOf(matrix.scales) },
      { name: 'zero', type: 'u8', shape: [n], bytes: new Uint8Array(n).fill(128) },
    ],
    inputs: [],
    outputs: [output],
  });
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
  const found = (await session.run({}))['y']!.data as Float32Array;
  const expected = dequantizeMatrix(matrix);
  expected.forEach((weight, at) => {
    expect(found[(at % n) * depth + Math.floor(at / n)]).toBe(weight);
  });
  await session.release();
});

// Scales of the last two sizes are no 16-bit floats.
const sizes = [1, 1e-9, 1e9];
it.each(allSchemes().flatMap(({ name }) => sizes.map((size) => [name, size] as const)))(
  'ONNX Runtime’s low-bit matmul with the unit matrix gives the weights of %s, of a size of %d',
  async (name, size) => {
    const matrix = quantized(name, size);
    const { activationBits: _, ...format } = matrix.format;
    const builder = new GraphBuilder();
    builder.output('y', matmul(builder.input('x', [k, k]), builder.variable('w', [k, n])));
    const executor = createNodeOnnxExecutor({ threads: 1 });
    const store = executor.createStore();
    for (const [variable, { shape, data }] of quantizedVariables('w', { ...matrix, format })) {
      store.write(variable, { shape, dtype: data instanceof Uint32Array ? 'u32' : 'f32' }, data);
    }
    const graph = quantizeWeights(builder.build(), new Map([['w', format]]));
    const program = await executor.compile(graph, { store, freeze: true });
    const unit = Float32Array.from({ length: k * k }, (_, at) => (at % (k + 1) === 0 ? 1 : 0));
    const found = (await program.run({ x: unit }))['y'] as Float32Array;
    // Codebooks are looked up as sums of two tables.
    const digits = format.codebook ? 4 : 5;
    dequantizeMatrix(matrix).forEach((weight, at) =>
      expect(found[at]! / size).toBeCloseTo(weight / size, digits),
    );
    await program.close();
  },
);
