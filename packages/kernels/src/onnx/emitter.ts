import type { Shape, TensorData } from '@snowglobe/graph';
import { dtypeOf, fnv1a } from '@snowglobe/graph/internal';
import type { OnnxAttribute, OnnxInitializer, OnnxNode, OnnxType } from './model.js';
import { onnxTypes } from './model.js';

/** Collects nodes and initializers of one ONNX model; kernels write their lowering with it. */
export class OnnxEmitter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  readonly #byContent = new Map<string, OnnxInitializer[]>();
  readonly #computed = new Map<string, readonly string[]>();
  readonly #prefix: string;
  /** Whether the model is for others: it holds operators that older versions of ONNX Runtime and the ONNX checker know. */
  readonly isPortable: boolean;
  #next = 0;

  /**
   * @param prefix what the names of its values begin with, where the nodes of several emitters become one model
   * @param isPortable default false: the model is for the ONNX Runtime that comes along
   */
  constructor(prefix = '', isPortable = false) {
    this.#prefix = prefix;
    this.isPortable = isPortable;
  }

  /** Adds a node with one result; returns the result's name. */
  emit(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain: '' | 'com.microsoft' = '',
  ): string {
    return this.emitMany(opType, inputs, 1, attributes, domain)[0]!;
  }

  /**
   * Adds a node with several results. An omitted optional input is the empty string.
   *
   * A node that exists already is not added again: the lowerings of an op and of its gradient share their first steps,
   * and ONNX Runtime merges equal nodes of its own domain only. `Identity` alone is always new: it names a value anew.
   */
  emitMany(
    opType: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain: '' | 'com.microsoft' = '',
  ): string[] {
    const key = JSON.stringify([opType, domain, inputs, outputCount, attributes]);
    const known = opType === 'Identity' ? undefined : this.#computed.get(key);
    if (known) return [...known];
    const outputs = Array.from({ length: outputCount }, () => this.#name('t'));
    this.#computed.set(key, outputs);
    this.nodes.push({
      opType,
      domain,
      name: `${this.#prefix}${opType}_${this.nodes.length}`,
      inputs,
      outputs,
      attributes,
    });
    return outputs;
  }

  /** An initializer holding a tensor's numbers. */
  tensor(data: TensorData, shape: Shape): string {
    return this.#initializer(
      dtypeOf(data),
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      shape,
    );
  }

  /** An initializer of bytes, as ONNX Runtime wants packed low-bit weights. */
  bytes(data: Uint8Array, shape: Shape): string {
    return this.#initializer('u8', data, shape);
  }

  /** An initializer of signed bytes, as matmuls of bytes want weights. */
  signedBytes(data: Int8Array, shape: Shape): string {
    return this.#initializer('i8', new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shape);
  }

  /** A float constant; a plain number is a scalar. */
  float(value: number): string {
    return this.tensor(Float32Array.of(value), []);
  }

  /** A constant in double precision, a scalar. */
  double(value: number): string {
    return this.#initializer('f64', new Uint8Array(Float64Array.of(value).buffer), []);
  }

  /** An int64 vector, as ONNX wants shapes, axes and bounds. */
  int64s(values: readonly number[]): string {
    return this.#initializer('i64', new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer), [
      values.length,
    ]);
  }

  /** Reshape to a static shape. */
  reshape(value: string, shape: Shape): string {
    return this.emit('Reshape', [value, this.int64s(shape)]);
  }

  /** Adds `Transpose`: axis i of the result is axis `permutation[i]` of the value. */
  transpose(value: string, permutation: readonly number[]): string {
    return this.emit('Transpose', [value], { perm: { ints: permutation } });
  }

  /** Sum over `axes`. */
  sum(value: string, axes: readonly number[], keepDimensions = true): string {
    return this.emit('ReduceSum', [value, this.int64s(axes)], { keepdims: { int: keepDimensions ? 1 : 0 } });
  }

  /** `value[starts … ends)` along `axes`. */
  slice(value: string, axes: readonly number[], starts: readonly number[], ends: readonly number[]): string {
    return this.emit('Slice', [value, this.int64s(starts), this.int64s(ends), this.int64s(axes)]);
  }

  /**
   * i32 indices as int64 for `Gather` and its kin, for which negative ones count from the end: read without a sign, they lie beyond any
   * table, and ONNX Runtime refuses them.
   */
  indices(value: string): string {
    return this.cast(this.cast(value, onnxTypes.u32), onnxTypes.i64);
  }

  /** Casts to another element type. */
  cast(value: string, type: (typeof onnxTypes)[OnnxType]): string {
    return this.emit('Cast', [value], { to: { int: type } });
  }

  #initializer(type: OnnxType, bytes: Uint8Array, shape: Shape): string {
    // One of each: small constants repeat a lot (shapes, axes, epsilons), and ONNX Runtime computes equal nodes of a
    // forward and a backward pass once only where their constants (masks, selections) are the same ones.
    const key = `${type}|${shape.join(',')}|${fnv1a(bytes)}`;
    const alike = this.#byContent.get(key) ?? [];
    const known = alike.find((other) => sameBytes(other.bytes, bytes));
    if (known) return known.name;
    const initializer = { name: this.#name('c'), type, shape, bytes };
    this.initializers.push(initializer);
    this.#byContent.set(key, [...alike, initializer]);
    return initializer.name;
  }

  #name(kind: string): string {
    return `${this.#prefix}${kind}${this.#next++}`;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
