import { GraphBuilder } from '@snowglobe/graph';
import { describe, expect, it } from 'vitest';
import { attention } from '../ops/attention/attention.js';
import { gradients } from '../gradients.js';
import { sum } from '../ops/reduce/reduce.js';
import { kernelOf } from '../registry.js';
import { OnnxEmitter } from './emitter.js';
import { encodeOnnx } from './model.js';

describe('OnnxEmitter', () => {
  it('adds equal nodes once and different ones each', () => {
    const emitter = new OnnxEmitter();
    const sums = [emitter.sum('x', [0]), emitter.sum('x', [0]), emitter.sum('x', [1]), emitter.sum('y', [0])];
    expect(sums[1]).toBe(sums[0]);
    expect(new Set(sums).size).toBe(3);
    expect(emitter.cast('x', 6)).not.toBe(emitter.cast('x', 7));
    expect(emitter.nodes).toHaveLength(5);
  });

  it('names a value anew each time it is asked to', () => {
    const emitter = new OnnxEmitter();
    expect(emitter.emit('Identity', ['x'])).not.toBe(emitter.emit('Identity', ['x']));
  });

  it('keeps one of each constant, told apart by numbers, type and shape', () => {
    const emitter = new OnnxEmitter();
    const numbers = Float32Array.from({ length: 1000 }, (_, i) => i);
    const first = emitter.tensor(numbers, [1000]);
    expect(emitter.tensor(numbers.slice(), [1000])).toBe(first);
    expect(emitter.tensor(numbers, [10, 100])).not.toBe(first);
    expect(emitter.tensor(numbers.with(500, -1), [1000])).not.toBe(first);
    expect(emitter.tensor(Int32Array.from(new Int32Array(numbers.buffer)), [1000])).not.toBe(first);
    expect(emitter.initializers).toHaveLength(4);
  });

  it('lets an op and its gradient share their first steps', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2, 20, 8]);
    gradients(sum(attention(x, x, x, { heads: 2, causal: true })), [x]);
    const emitter = new OnnxEmitter();
    for (const node of builder.build().nodes) {
      if (node.kind !== 'op' || !node.op.name.startsWith('attention')) continue;
      const { inputs, outputs, attributes } = node;
      kernelOf(node.op).onnx({
        emitter,
        inputs,
        outputs,
        attributes,
        inputNames: inputs.map((input) => `${input.node.id}.${input.index}`),
        inputIsConstant: inputs.map(() => false),
        inputData: inputs.map(() => undefined),
      });
    }
    expect(emitter.nodes.filter(({ opType }) => opType === 'Softmax')).toHaveLength(1);
    expect(emitter.initializers.filter(({ shape }) => shape.join() === '20,20')).toHaveLength(1);
  });
});

describe('encodeOnnx', () => {
  it('refuses constants that no ONNX file can hold, and says how large they are', () => {
    const bytes = new Uint8Array(2 ** 26);
    const initializers = Array.from(
      { length: 33 },
      (_, i) => ({ name: `c${i}`, type: 'u8', shape: [bytes.length], bytes }) as const,
    );
    const model = { name: 'large', nodes: [], initializers, inputs: [], outputs: [] };
    expect(() => encodeOnnx(model)).toThrow(
      /^onnx: the model's constants have 2.21 GB, and an ONNX file ends at 2.15 GB/,
    );
  });
});
