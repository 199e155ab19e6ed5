import { f32Literal, read, write } from '../../webgpu/shader.js';
import type { ShaderPass } from '../../webgpu/shader.js';
import { pointwiseFunctions } from '../pointwise/functions.js';
import type { Activation } from './matmul.js';

/**
 * Bindings of a matmul, and what happens to a sum before it is stored: `finish` adds the bias and applies the activation,
 * `residual_at` gives what is added last.
 *
 * @param operands which operands the bias and the residual are; 0 or undefined where there is none
 * @param inputCount operands of the node
 * @param type `f32`, or `vec4f` for shaders that store four columns at once
 */
export function epilogue(
  activation: Activation,
  { bias, residual }: { readonly bias?: number; readonly residual?: number },
  inputCount: number,
  type: 'f32' | 'vec4f',
): { readonly code: string; readonly bindings: ShaderPass['bindings'] } {
  const buffer = (index: number, name: string): string =>
    `@group(0) @binding(${index}) var<storage, read> ${name}: array<${type}>;`;
  const activated = activation === 'none' ? 'x' : pointwiseFunctions[activation].wgsl(f32Literal, 'x');
  // The pointwise functions are written for numbers; a vector goes through them column by column.
  const columns = ['x', 'y', 'z', 'w'].map((column) => `activate(x.${column})`).join(', ');
  const whole = activation === 'none' ? 'x' : type === 'f32' ? 'activate(x)' : `vec4f(${columns})`;
  return {
    code: [
      ...(bias ? [buffer(bias, 'bias')] : []),
      ...(residual ? [buffer(residual, 'residual')] : []),
      `@group(0) @binding(${inputCount}) var<storage, read_write> result: array<${type}>;`,
      `fn activate(x: f32) -> f32 { return ${activated}; }`,
      `fn finish(value: ${type}, column: u32) -> ${type} { let x = value${bias ? ' + bias[column]' : ''}; return ${whole}; }`,
      `fn residual_at(index: u32) -> ${type} { return ${residual ? 'residual[index]' : `${type}()`}; }`,
    ].join('\n'),
    bindings: [...Array.from({ length: inputCount }, (_, index) => read('input', index)), write('output', 0)],
  };
}
