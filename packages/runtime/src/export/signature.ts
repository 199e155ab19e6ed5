import { SnowglobeError } from '@snowglobe/graph';
import type { OnnxType, OnnxValue, OnnxModel } from '@snowglobe/kernels/internal';
import type { ContentLabel } from '@snowglobe/media';
import type { ExportedFrame, WorldFile } from '@snowglobe/model';

/** One input or output of an exported world. */
export interface ExportedValue {
  readonly name: string;
  /** As NumPy and ONNX Runtime call it: `float32`, `float64`, `int32`, `uint32`, `uint8`. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly description: string;
}

/** Names of what an exported world carries from frame to frame: `state/NAME` goes in, `next/NAME` comes out. */
export const stateIn = (name: string): string => `state/${name}`;
export const stateOut = (name: string): string => `next/${name}`;

/** The state that counts frames, from which inputs of the graph follow. */
export const frameCount = 'index';

const meanings: Readonly<Record<string, string>> = {
  action: 'what is done, as an index into the actions of the metadata',
  event: 'what is told, as an index from 1 into the events of the metadata; 0: nothing',
  rgb: 'the frame to show: red, green, blue',
};

const states: ExportedFrame['states'] = [
  [/^index$/, 'frames drawn since the prompt'],
  [/^frame$/, 'the last frame in -1 … 1', 'the prompt, bytes / 127.5 - 1'],
];

/**
 * What a value of an exported world means, and for a state how it starts.
 * @throws SnowglobeError for one that the world's family does not describe
 */
export function meaningOf(name: string, own: Pick<ExportedFrame, 'meanings' | 'states'>): string {
  const [, part, state] = /^(state|next)\/(.*)$/.exec(name) ?? [];
  if (state === undefined) return meanings[name] ?? own.meanings[name] ?? undescribed(name);
  const [, meaning, start = 'zeros'] =
    [...states, ...own.states].find(([pattern]) => pattern.test(state)) ?? undescribed(name);
  return part === 'state' ? `${meaning}; at the start: ${start}` : `${meaning}, for the next run`;
}

function undescribed(name: string): never {
  throw new SnowglobeError(
    `export: the family of this world does not say what '${name}' means; describe it in its exported frame.`,
  );
}

const typeNames: Readonly<Partial<Record<OnnxType, string>>> = {
  f32: 'float32',
  f64: 'float64',
  i32: 'int32',
  u32: 'uint32',
  u8: 'uint8',
};

export function exportedValue({ name, type, shape, description = '' }: OnnxValue): ExportedValue {
  return { name, type: typeNames[type]!, shape, description };
}

/** The first version of ONNX Runtime that plays exported worlds: it has operator set 21. */
const leastOnnxRuntime = '1.18';

/** The model's `doc_string`: how to play it with ONNX Runtime alone. @param batch worlds of a run; default: one */
export const howToPlay = (
  batch?: number,
): string => `One frame of a Snowglobe world, for ONNX Runtime ${leastOnnxRuntime} or later. Each run draws a frame (output rgb) and gives the next state.
Feed every state/NAME with zeros at first, but state/frame with the prompt (bytes / 127.5 - 1), and from then on with the
output next/NAME of the run before. The random inputs decide what is left to chance: the same ones give the same frames.
The metadata name the actions, the inputs and the outputs, and hold the world's config.${batch === undefined ? '' : sideBySide(batch)}`;

const sideBySide = (batch: number): string => `
A run steps ${batch} worlds, each at a frame of its own. World b has the b-th of ${batch} equal parts of every input and output, its state included: one that
begins anew gets zeros and a prompt there, and the others go on. Of random inputs with a row a refinement step it has the b-th of
${batch} equal parts of each row.`;

/** `metadata_props`: what the file says about itself, one JSON text a field. */
export function exportedMetadata(
  { metadata, model }: Pick<WorldFile, 'metadata' | 'model'>,
  actions: readonly string[],
  { inputs, outputs }: Pick<OnnxModel, 'inputs' | 'outputs'>,
  { label, batch }: { readonly label?: ContentLabel | undefined; readonly batch?: number | undefined } = {},
): ReadonlyMap<string, string> {
  const { config, play, provenance, evaluation, quantization } = metadata;
  const fields = {
    ...{ format: 'snowglobe-frame', version: 1, leastOnnxRuntime, ...(batch !== undefined && { batch }) },
    ...{ actions, ...(model.events && { events: model.events }) },
    ...{ inputs: inputs.map(exportedValue), outputs: outputs.map(exportedValue) },
    ...{ config, provenance, evaluation },
    ...(label && { contentLabel: label }),
    ...(play && { play }),
    ...(quantization && {
      quantization: { scheme: quantization.scheme, provenance: quantization.provenance },
    }),
  };
  return new Map(Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]));
}
