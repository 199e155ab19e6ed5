import type { Graph, Tensor, TensorData, TensorSpec } from '@snowglobe/graph';
import { GraphBuilder, sizeOf } from '@snowglobe/graph';
import { gradients, pointwise, sum } from '@snowglobe/kernels';
import { createReferenceExecutor } from '../reference/reference.js';
import type { Tolerance } from './compare.js';
import { expectClose } from './compare.js';
import { createWebgpuExecutor } from '../webgpu/index.js';
import type { OpenDevice } from '../devices/device.js';
import { devicesUnderTest, executorsUnderTest } from './executors.js';
import { randomData } from './random.js';

/** One case of an op: named inputs, and the function that applies it. */
export interface KernelCase {
  readonly inputs: Readonly<Record<string, TensorSpec & { readonly data?: TensorData }>>;
  readonly build: (inputs: Readonly<Record<string, Tensor>>) => Tensor | readonly Tensor[];
  readonly tolerance?: Tolerance;
}

/** f32 (−1, 1) data of a shape, unless the case gives its own. */
export function f32(...shape: number[]): TensorSpec {
  return { shape, dtype: 'f32' };
}

/** An i32 tensor with the given numbers. */
export function i32(shape: readonly number[], values: readonly number[]): TensorSpec & { data: Int32Array } {
  return { shape, dtype: 'i32', data: Int32Array.from(values) };
}

function dataOf(testCase: KernelCase, seed: number): Record<string, TensorData> {
  return Object.fromEntries(
    Object.entries(testCase.inputs).map(([name, spec], index) => [
      name,
      spec.data ?? randomData(spec, seed + index),
    ]),
  );
}

function declare(builder: GraphBuilder, testCase: KernelCase): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(testCase.inputs).map(([name, spec]) => [
      name,
      builder.input(name, spec.shape, spec.dtype),
    ]),
  );
}

/** The results as outputs named by position, cast to f32 where they are integers. */
function graphOf(
  testCase: KernelCase,
  extend?: (builder: GraphBuilder, results: readonly Tensor[], inputs: Record<string, Tensor>) => void,
): Graph {
  const builder = new GraphBuilder();
  const inputs = declare(builder, testCase);
  const built = testCase.build(inputs);
  const results = Array.isArray(built) ? (built as readonly Tensor[]) : [built as Tensor];
  results.forEach((result, index) => builder.output(String(index), result));
  extend?.(builder, results, inputs);
  return builder.build();
}

async function compareExecutors(
  graph: Graph,
  data: Record<string, TensorData>,
  tolerance: Tolerance | undefined,
): Promise<void> {
  const oracle = await createReferenceExecutor({ doublePrecision: true }).compile(graph);
  const expected = await oracle.run(data);
  for (const executor of [createReferenceExecutor(), ...(await executorsUnderTest())]) {
    const program = await executor.compile(graph);
    const actual = await program.run(data);
    for (const name of Object.keys(expected)) {
      expectClose(
        `${executor.kind} (${executor.device}), output ${name}`,
        actual[name]!,
        expected[name]!,
        tolerance,
      );
    }
    await program.close();
  }
}

/** Compares every executor of this machine with the double-precision reference. */
export async function checkKernel(testCase: KernelCase, seed = 1): Promise<void> {
  await compareExecutors(graphOf(testCase), dataOf(testCase, seed), testCase.tolerance);
}

interface VariantOptions {
  readonly seed?: number;
  /** Default: those that tests of kernels run on. */
  readonly devices?: readonly OpenDevice[];
  /** Part of the names of the variants. Default: all. */
  readonly only?: RegExp;
}

/**
 * Compares every variant of the op's kernel that is valid on this machine's adapters with the double-precision reference,
 * not just the one that comes first.
 * @returns the names of the variants that ran, by adapter
 */
export async function checkVariants(
  testCase: KernelCase,
  op: string,
  { seed = 1, devices, only = /^/ }: VariantOptions = {},
): Promise<ReadonlyMap<string, readonly string[]>> {
  const graph = graphOf(testCase);
  const data = dataOf(testCase, seed);
  const oracle = await createReferenceExecutor({ doublePrecision: true }).compile(graph);
  const expected = await oracle.run(data);
  const names = new Map<string, readonly string[]>();
  for (const device of devices ?? (await devicesUnderTest())) {
    let variants: readonly string[] = [];
    let wanted = 0;
    const executor = createWebgpuExecutor(device, {
      chooseVariant: (node, offered) => {
        if (node.op.name !== op) return offered[0]!;
        const tried = offered.filter(({ name }) => only.test(name));
        variants = tried.map(({ name }) => name);
        return tried[wanted]!;
      },
    });
    do {
      const program = await executor.compile(graph);
      const actual = await program.run(data);
      for (const name of Object.keys(expected)) {
        const what = `${device.description.name}, variant ${variants[wanted]}, output ${name}`;
        expectClose(what, actual[name]!, expected[name]!, testCase.tolerance);
      }
      await program.close();
    } while (++wanted < variants.length);
    names.set(device.description.name, variants);
  }
  return names;
}

/**
 * Checks derivatives twice: along random directions against central finite differences of the double-precision
 * reference, and the gradient graph itself on every executor against the reference.
 */
export async function checkGradient(testCase: KernelCase, seed = 1): Promise<void> {
  const data = dataOf(testCase, seed);
  const differentiated = Object.entries(testCase.inputs)
    .filter(([, spec]) => spec.dtype === 'f32')
    .map(([name]) => name);
  // The loss weighs every element of every result differently, so that no error cancels.
  const graph = graphOf(testCase, (builder, results, inputs) => {
    const terms = results
      .filter((result) => result.dtype === 'f32')
      .map((result, index) => {
        const weights = randomData(result, 1000 + seed + index) as Float32Array;
        return sum(pointwise.mul(result, builder.constant(weights, result.shape)));
      });
    const loss = terms.reduce((total, term) => pointwise.add(total, term));
    builder.output('loss', loss);
    gradients(
      loss,
      differentiated.map((name) => inputs[name]!),
    ).forEach((gradient, index) => builder.output(`gradient of ${differentiated[index]}`, gradient));
  });
  await compareExecutors(graph, data, testCase.tolerance);

  const oracle = await createReferenceExecutor({ doublePrecision: true }).compile(graph);
  const exact = await oracle.run(data);
  const step = 1e-5;
  for (const [index, name] of differentiated.entries()) {
    const direction = randomData(testCase.inputs[name]!, 2000 + seed + index);
    const moved = async (sign: number): Promise<number> => {
      const values = Float64Array.from(data[name]!, (value, i) => value + sign * step * direction[i]!);
      const result = await oracle.run({ ...data, [name]: values as unknown as TensorData }, ['loss']);
      return result['loss']![0]!;
    };
    const numeric = ((await moved(1)) - (await moved(-1))) / (2 * step);
    const gradient = exact[`gradient of ${name}`]!;
    let analytic = 0;
    for (let i = 0; i < gradient.length; i++) analytic += gradient[i]! * direction[i]!;
    const scale = Math.max(1e-3, Math.abs(numeric), Math.sqrt(sizeOf(testCase.inputs[name]!.shape)) * 1e-3);
    if (!(Math.abs(numeric - analytic) <= 1e-4 * scale)) {
      throw new Error(
        `gradient of ${name}: ${analytic} along a direction, finite differences say ${numeric}`,
      );
    }
  }
}

/** Runs a graph on the reference alone: for results that are checked by hand. */
export async function evaluate(testCase: KernelCase, seed = 1): Promise<Record<string, TensorData>> {
  const program = await createReferenceExecutor().compile(graphOf(testCase));
  return program.run(dataOf(testCase, seed));
}
