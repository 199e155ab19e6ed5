import { epilogue } from '../../matmul/epilogue.js';
import type { ShaderPass } from '../../../webgpu/shader.js';
import { f32Literal } from '../../../webgpu/shader.js';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from '../matmul_quantized.js';
import { matmulQuantizedOperands, middle } from '../matmul_quantized.js';
import type { WeightBits } from '../pack.js';

/** What every shader reads weights in few bits with. */
export interface QuantizedBuffers {
  /** Constants, declarations of all buffers but the activations, and the functions that read them. */
  readonly code: string;
  readonly bindings: ShaderPass['bindings'];
}

/** Constants and conditions of templates that unpack a word in parts of four values. */
export function partsOf(bits: WeightBits) {
  return {
    constants: { PARTS: 8 / bits },
    conditions: { BYTES: bits === 8, NIBBLES: bits === 4, PAIRS: bits === 2 },
  };
}

/** Of every byte, the bits of one value. */
const partMasks = { 2: '0x03030303u', 4: '0x0f0f0f0fu', 8: '0xffffffffu' } as const;

/** @param attributes of a matmul or a convolution, whose operands stand alike */
export function declareBuffers(
  { words, zeroWords, groups }: Pick<MatmulQuantizedShape, 'words' | 'zeroWords' | 'groups'>,
  attributes: MatmulQuantizedAttributes,
  inputCount: number,
): QuantizedBuffers {
  const { bits, group, hasZeroPoints, codebook, activation } = attributes;
  const operands = matmulQuantizedOperands(inputCount, attributes);
  const ending = epilogue(activation, operands, inputCount, 'f32');
  const constant = (name: string, value: number | string): string =>
    `const ${name} = ${typeof value === 'number' ? `${value}u` : value};`;
  const buffer = (index: number, name: string, type: string): string =>
    `@group(0) @binding(${index}) var<storage, read> ${name}: array<${type}>;`;
  const zero = hasZeroPoints
    ? 'f32(i32((zeros[column * ZERO_WORDS + at / PER_WORD] >> ((at % PER_WORD) * BITS)) & MASK))'
    : f32Literal(codebook.length > 0 ? 0 : middle(bits));
  return {
    code: [
      constant('BITS', bits),
      constant('MASK', 2 ** bits - 1),
      constant('PART_MASK', partMasks[bits]),
      constant('PER_WORD', 32 / bits),
      constant('GROUP', group),
      constant('WORDS', words),
      constant('GROUPS', groups),
      ...(hasZeroPoints ? [constant('ZERO_WORDS', zeroWords)] : []),
      buffer(1, 'packed', 'u32'),
      buffer(2, 'scales', 'f32'),
      ...(operands.zeros ? [buffer(operands.zeros, 'zeros', 'u32')] : []),
      'fn scale_of(column: u32, at: u32) -> f32 { return scales[column * GROUPS + at]; }',
      `fn zero_of(column: u32, at: u32) -> f32 { return ${zero}; }`,
      codebook.length > 0 ? looked(codebook) : counted(bits),
      ending.code,
    ].join('\n'),
    bindings: ending.bindings,
  };
}

/**
 * Weights before scaling, from four bytes and from one value: distances from the zero point. Bytes are masked where they stand and
 * scaled as numbers, which is exact: drivers that compute on the CPU shift a vector's lanes one by one. A number without a sign is
 * dear to convert, too: in 8 bits the topmost byte is read as one with a sign, 128 less.
 */
const counted = (bits: WeightBits): string => `fn steps(bytes: u32, zero: f32) -> vec4f {
  let places = vec4u(${bits === 8 ? 'bytes ^ 0x80000000u' : 'bytes'}) & vec4u(0xffu, 0xff00u, 0xff0000u, 0xff000000u);
  return vec4f(vec4i(places)) * vec4f(1.0, 0x1p-8, 0x1p-16, 0x1p-24) - ${bits === 8 ? 'vec4f(vec3f(zero), zero - 128.0)' : 'zero'};
}
fn step_of(value: u32, zero: f32) -> f32 { return f32(i32(value)) - zero; }`;

/** The same from a codebook. */
const looked = (
  codebook: readonly number[],
): string => `var<private> codebook: array<f32, ${codebook.length}> = array<f32, ${codebook.length}>(${codebook.map(f32Literal).join(', ')});
fn steps(bytes: u32, zero: f32) -> vec4f {
  let q = unpack4xU8(bytes);
  return vec4f(codebook[q.x], codebook[q.y], codebook[q.z], codebook[q.w]);
}
fn step_of(value: u32, zero: f32) -> f32 { return codebook[value]; }`;
