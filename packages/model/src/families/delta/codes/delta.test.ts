import { GraphBuilder } from '@snowglobe/graph';
import { gradients, mean, pointwise } from '@snowglobe/kernels';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { expectClose, randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { parametersOf } from '../../../parameter.js';
import type { DeltaConfig } from './delta.js';
import { decodeDelta, encodeDelta, readHint } from './delta.js';

const config: DeltaConfig = { channels: [8, 8, 16], headWidth: 8, levels: [8, 5], books: 1 };
const frame = [1, 32, 32, 3];

function build() {
  const builder = new GraphBuilder();
  const [x, hint, last] = ['x', 'hint', 'last'].map((name) => builder.input(name, frame));
  const conditioning = builder.input('conditioning', [1, 6]);
  const inside = builder.input('inside', [1, 32, 32, 1]);
  const known = builder.input('known', [1, 2, 2, 1]);
  const codes = encodeDelta(x!, hint!, config);
  const features = readHint(
    { moved_BHW3: hint!, inside_BHW1: inside, last_BHW3: last!, conditioning_BK: conditioning },
    config,
  );
  const drawn = decodeDelta(codes, known, hint!, features, config);
  builder.output('codes', codes);
  builder.output('drawn', drawn);
  return { builder, x: x!, drawn };
}

describe('delta codes', () => {
  const inputs = Object.fromEntries(
    ['x', 'hint', 'last'].map((name, i) => [name, randomData({ shape: frame, dtype: 'f32' }, i)]),
  );
  const conditioning = randomData({ shape: [1, 6], dtype: 'f32' }, 9);
  const inside = new Float32Array(32 * 32).fill(1);

  it('draw the same on the ONNX executor as on the reference, and ignore unknown codes', async () => {
    const graph = build().builder.build();
    const weights = [...graph.variables].map(([name, tensor], i) => ({
      name,
      tensor,
      data: randomData(tensor, i + 20),
    }));
    const run = async (
      executor: ReturnType<typeof createReferenceExecutor>,
      known: Float32Array,
      x = inputs['x']!,
    ) => {
      const store = executor.createStore();
      for (const { name, tensor, data } of weights)
        store.write(
          name,
          tensor,
          (data as Float32Array).map((w) => w / 3),
        );
      return (await executor.compile(graph, { store })).run({ ...inputs, x, conditioning, inside, known });
    };
    const all = Float32Array.of(1, 1, 1, 1);
    const reference = await run(createReferenceExecutor(), all);
    const onnx = await run(createNodeOnnxExecutor({ threads: 1 }), all);
    expectClose('drawn', onnx['drawn']!, reference['drawn']!, { relative: 1e-4 });

    const none = new Float32Array(4);
    const other = randomData({ shape: frame, dtype: 'f32' }, 77);
    const blind = await run(createReferenceExecutor(), none);
    const blindOther = await run(createReferenceExecutor(), none, other as Float32Array);
    expect(blindOther['drawn']).toEqual(blind['drawn']);
    expect(reference['drawn']).not.toEqual(blind['drawn']);
  });

  it('have gradients for every parameter', async () => {
    const { builder, x, drawn } = build();
    const loss = mean(pointwise.square(pointwise.sub(drawn, x)));
    const names = [...parametersOf(builder).keys()];
    const { variables } = builder.build();
    gradients(
      loss,
      names.map((name) => variables.get(name)!),
    ).forEach((gradient, i) => builder.output(names[i]!, gradient));
    const graph = builder.build();
    const executor = createReferenceExecutor();
    const store = executor.createStore();
    [...graph.variables].forEach(([name, tensor], i) =>
      store.write(
        name,
        tensor,
        (randomData(tensor, i + 5) as Float32Array).map((w) => w / 5),
      ),
    );
    const result = await (
      await executor.compile(graph, { store })
    ).run({ ...inputs, conditioning, inside, known: Float32Array.of(1, 1, 0, 1) });
    for (const name of names)
      expect(
        result[name]!.some((value) => value !== 0),
        name,
      ).toBe(true);
  });
});
