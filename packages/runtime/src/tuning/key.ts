import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { OpNode } from '@snowglobe/graph';
import type { ShaderVariant } from '@snowglobe/kernels';

/** What decides how fast the variants of a node are: the op, its attributes and its operands' shapes. */
export function nodeKey({ op, attributes, inputs }: OpNode): string {
  const sorted = Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify([op.name, sorted, inputs.map(({ shape, dtype }) => `${dtype}${shape.join('x')}`)]);
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
