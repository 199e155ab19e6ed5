import { PbfWriter } from 'pbf';
import type { Shape } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';

/**
 * The subset of ONNX that we write (onnx.proto3 of ONNX 1.17, IR version 10), as plain data, and its encoding.
 * Field numbers are those of the specification.
 */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] };

/** An operator of an ONNX graph. */
export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** TensorProto.DataType. */
export const onnxTypes = {
  f32: 1,
  u8: 2,
  i8: 3,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  f64: 11,
  u32: 12,
} as const;
export type OnnxType = keyof typeof onnxTypes;

/** A constant of an ONNX graph. */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: Shape;
  /** What it means, for people. */
  readonly description?: string;
}

export interface OnnxModel {
  readonly name: string;
  /** Version of the program that makes the model. */
  readonly producerVersion?: string;
  /** What it is, for people. */
  readonly description?: string;
  /** `metadata_props`: texts by name. */
  readonly metadata?: ReadonlyMap<string, string>;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const irVersion = 10;
const opset = { '': 21, 'com.microsoft': 1 } as const;
/** What a protobuf message can have: its readers count bytes in 32 bits with a sign. */
const maxBytes = 2 ** 31 - 1;

/**
 * Serialises a model to the bytes that ONNX Runtime loads.
 * @throws SnowglobeError when its constants alone are more than an ONNX file can hold
 */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const constants = model.initializers.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (constants > maxBytes) {
    throw new SnowglobeError(
      `onnx: the model's constants have ${(constants / 1e9).toFixed(2)} GB, and an ONNX file ends at ${(maxBytes / 1e9).toFixed(2)} GB; ` +
        'keep weights in fewer bits, or make the model smaller.',
    );
  }
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, irVersion);
  pbf.writeStringField(2, 'snowglobe');
  if (model.producerVersion !== undefined) pbf.writeStringField(3, model.producerVersion);
  if (model.description !== undefined) pbf.writeStringField(6, model.description);
  pbf.writeMessage(7, writeGraph, model);
  for (const [domain, version] of Object.entries(opset)) {
    pbf.writeMessage(8, writeOpset, { domain, version });
  }
  for (const entry of model.metadata ?? []) pbf.writeMessage(14, writeMetadata, entry);
  return pbf.finish();
}

function writeOpset({ domain, version }: { domain: string; version: number }, pbf: PbfWriter): void {
  pbf.writeStringField(1, domain);
  pbf.writeVarintField(2, version);
}

function writeMetadata([key, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function writeGraph(model: OnnxModel, pbf: PbfWriter): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, model.name);
  for (const initializer of model.initializers) pbf.writeMessage(5, writeInitializer, initializer);
  for (const value of model.inputs) pbf.writeMessage(11, writeValue, value);
  for (const value of model.outputs) pbf.writeMessage(12, writeValue, value);
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.opType);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
  pbf.writeStringField(7, node.domain);
}

function writeAttribute([name, attribute]: [string, OnnxAttribute], pbf: PbfWriter): void {
  const FLOAT = 1;
  const INT = 2;
  const STRING = 3;
  const FLOATS = 6;
  const INTS = 7;
  pbf.writeStringField(1, name);
  if ('int' in attribute) {
    pbf.writeTag(3, 0);
    pbf.writeVarint(attribute.int);
    pbf.writeVarintField(20, INT);
  } else if ('float' in attribute) {
    pbf.writeFloatField(2, attribute.float);
    pbf.writeVarintField(20, FLOAT);
  } else if ('string' in attribute) {
    pbf.writeBytesField(4, new TextEncoder().encode(attribute.string));
    pbf.writeVarintField(20, STRING);
  } else if ('ints' in attribute) {
    for (const value of attribute.ints) pbf.writeVarintField(8, value);
    pbf.writeVarintField(20, INTS);
  } else {
    for (const value of attribute.floats) pbf.writeFloatField(7, value);
    pbf.writeVarintField(20, FLOATS);
  }
}

function writeInitializer(initializer: OnnxInitializer, pbf: PbfWriter): void {
  for (const dim of initializer.shape) pbf.writeVarintField(1, dim);
  pbf.writeVarintField(2, onnxTypes[initializer.type]);
  pbf.writeStringField(8, initializer.name);
  pbf.writeBytesField(9, initializer.bytes);
}

function writeValue(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name);
  pbf.writeMessage(2, writeType, value);
  if (value.description !== undefined) pbf.writeStringField(3, value.description);
}

function writeType(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, value);
}

function writeTensorType(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeVarintField(1, onnxTypes[value.type]);
  pbf.writeMessage(2, writeTensorShape, value.shape);
}

function writeTensorShape(shape: Shape, pbf: PbfWriter): void {
  for (const dim of shape) pbf.writeMessage(1, writeDimension, dim);
}

function writeDimension(dim: number, pbf: PbfWriter): void {
  pbf.writeVarintField(1, dim);
}
