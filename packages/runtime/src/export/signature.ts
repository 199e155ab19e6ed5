import type { OnnxType, OnnxValue, OnnxModel } from '@snowglobe/kernels';
import type { WorldConfig, WorldMetadata } from '@snowglobe/model';

/** One input or output of an exported world. */
export interface ExportedValue {
  readonly name: string;
  /** As NumPy and ONNX Runtime call it: `float32`, `int32`, `uint32`, `uint8`. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly description: string;
}

/** Names of what an exported world carries from frame to frame: `state/NAME` goes in, `next/NAME` comes out. */
export const stateIn = (name: string): string => `state/${name}`;
export const stateOut = (name: string): string => `next/${name}`;

/** The state that counts frames, which the graph has as three inputs (see `momentOf`). */
export const frameCount = 'index';

const meanings: Readonly<Record<string, string>> = {
  action: 'what is done, as an index into the actions of the metadata',
  temperature: '0 draws the likeliest, 1 what was learned',
  certainty: 'details less likely than this (0 … 1) are left to a smooth guess',
  motionUniforms: 'random numbers, uniform in [0, 1): where the camera goes',
  codeUniforms: 'random numbers, uniform in [0, 1): which code is drawn, a row a refinement step',
  rankNoise:
    'Gumbel noise, which codes are kept first: in row s of S, counted from 1, -ln(-ln(u)) · temperature · (1 - s / S) of uniforms u',
  rgb: 'the frame to show: red, green, blue',
  codes: 'the codes that were drawn for each position',
  chosenAction: 'what the world made of the action, one-hot',
  chosenMotion: 'where the camera went: shift down and right, one-hot, then 1',
};

const states: readonly (readonly [name: RegExp, meaning: string, start?: string])[] = [
  [/^index$/, 'frames drawn since the prompt'],
  [/^frame$/, 'the last frame in -1 … 1', 'the prompt, bytes / 127.5 - 1'],
  [/^motionState$/, 'what the motion net remembers'],
  [/^lastMotion$/, 'the last motion of the camera'],
  [/^summaries\/keys$/, 'keys of the summaries, a row a remembered frame'],
  [/^summaries\/values$/, 'values of the summaries, a row a remembered frame'],
  [/Scales$/, 'scales of bytes that are remembered, one a head'],
  [/keys$/, 'keys of one layer, a row a remembered frame'],
  [/values$/, 'values of one layer, a row a remembered frame'],
];

/** What a value of an exported world means, and for a state how it starts. */
export function meaningOf(name: string): string {
  const [, part, own] = /^(state|next)\/(.*)$/.exec(name) ?? [];
  if (own === undefined) return meanings[name]!;
  const [, meaning, start = 'zeros'] = states.find(([pattern]) => pattern.test(own))!;
  return part === 'state' ? `${meaning}; at the start: ${start}` : `${meaning}, for the next run`;
}

const typeNames: Readonly<Partial<Record<OnnxType, string>>> = {
  f32: 'float32',
  i32: 'int32',
  u32: 'uint32',
  u8: 'uint8',
};

export function exportedValue({ name, type, shape, description = '' }: OnnxValue): ExportedValue {
  return { name, type: typeNames[type]!, shape, description };
}

/** The first version of ONNX Runtime that plays exported worlds: it has operator set 21. */
const leastOnnxRuntime = '1.18';

/** The model's `doc_string`: how to play it with ONNX Runtime alone. */
export const howToPlay = `One frame of a Snowglobe world, for ONNX Runtime ${leastOnnxRuntime} or later. Each run draws a frame (output rgb) and gives the next state.
Feed every state/NAME with zeros at first, but state/frame with the prompt (bytes / 127.5 - 1), and from then on with the
output next/NAME of the run before. The random inputs decide what is left to chance: the same ones give the same frames.
The metadata name the actions, the inputs and the outputs, and hold the world's config.`;

/** `metadata_props`: what the file says about itself, one JSON text a field. */
export function exportedMetadata(
  { config, play, provenance, evaluation, quantization }: WorldMetadata<WorldConfig>,
  actions: readonly string[],
  { inputs, outputs }: Pick<OnnxModel, 'inputs' | 'outputs'>,
): ReadonlyMap<string, string> {
  const fields = {
    ...{ format: 'snowglobe-frame', version: 1, leastOnnxRuntime },
    ...{ actions, inputs: inputs.map(exportedValue), outputs: outputs.map(exportedValue) },
    ...{ config, provenance, evaluation },
    ...(play && { play }),
    ...(quantization && {
      quantization: { scheme: quantization.scheme, provenance: quantization.provenance },
    }),
  };
  return new Map(Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]));
}
