import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { OpNode } from '@snowglobe/graph';
import type { Precision, ShaderVariant } from '@snowglobe/kernels';

/** What decides how fast the variants of a node are: the op, its attributes, its operands' shapes, and what may be rounded. */
export function nodeKey({ op, attributes, inputs }: OpNode, precision: Precision = 'f32'): string {
  const sorted = Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
  const operands = inputs.map(({ shape, dtype }) => `${dtype}${shape.join('x')}`);
  return JSON.stringify([op.name, sorted, operands, ...(precision === 'f32' ? [] : [precision])]);
}

/** Changes when the shaders of a variant do, or when another variant appears beside it. */
export function variantChecksum(variant: ShaderVariant, all: readonly ShaderVariant[]): string {
  const { passes } = variant.build();
  const text = JSON.stringify([
    all.map(({ name }) => name),
    passes.map(({ code, workgroups }) => [code, workgroups]),
  ]);
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, 16);
}
