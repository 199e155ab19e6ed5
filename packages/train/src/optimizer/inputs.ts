import type { TensorData } from '@snowglobe/graph';
import type { OnnxEmitter } from '@snowglobe/kernels';
import { adamwSchedule } from '@snowglobe/kernels';
import { onnxTypes } from '@snowglobe/kernels/internal';
import type { AdamwOptions, MuonOptions } from '@snowglobe/model';

/** What an optimizer moves parameters by. */
export interface OptimizerSettings {
  /** Of the parameters that Muon moves; absent where there are none. */
  readonly muon?: MuonOptions;
  /** Of the others; absent where there are none. */
  readonly adamw?: AdamwOptions;
  /** Largest norm of all gradients together. */
  readonly clip: number;
  /** Decay of the moving average of the weights; absent where none is kept. */
  readonly average?: number;
}

/** Inputs of a graph that takes a step. */
export const optimizerInput = {
  /** (): learning rate of Muon. */
  muonRate: 'optimizer/muonRate',
  /** (3): learning rate of AdamW and both bias corrections; the graph adds the factor that clips. */
  adamw: 'optimizer/adamw',
  /** (): share of the new weights in their moving average. */
  averageShare: 'optimizer/averageShare',
} as const;

// At the first step the moving average is the whole value, then a share that shrinks to 1 - decay: early weights are forgotten soon.
const [averageSteps, averageDelay] = [9, 8] as const;

/** The inputs of a step, see `Optimizer.inputs`. */
export function optimizerInputs(
  { muon, adamw, average }: OptimizerSettings,
  step: number,
  rate: number,
): Record<string, TensorData> {
  const scalar = (value: number): Float32Array => Float32Array.of(value);
  return {
    ...(muon && { [optimizerInput.muonRate]: scalar(rate * muon.learningRate) }),
    ...(adamw && {
      [optimizerInput.adamw]: adamwSchedule(step, rate * adamw.learningRate, adamw).slice(0, 3),
    }),
    ...(average !== undefined && {
      [optimizerInput.averageShare]: scalar(Math.max(1 - average, averageSteps / (averageDelay + step))),
    }),
  };
}

/**
 * The same as nodes of an ONNX model, in doubles until the end.
 * @param step name of an i32 ()
 * @param rate name of an f64 ()
 * @returns names of values by input
 */
export function emitOptimizerInputs(
  { muon, adamw, average }: OptimizerSettings,
  emitter: OnnxEmitter,
  step: string,
  rate: string,
): ReadonlyMap<string, string> {
  const one = emitter.double(1);
  const steps = emitter.cast(step, onnxTypes.f64);
  const rateOf = (learningRate: number): string => emitter.emit('Mul', [rate, emitter.double(learningRate)]);
  const single = (value: string): string => emitter.cast(value, onnxTypes.f32);
  const correction = (beta: number): string => {
    const left = emitter.emit('Sub', [one, emitter.emit('Pow', [emitter.double(beta), steps])]);
    return emitter.emit('Div', [one, left]);
  };
  const values = new Map<string, string>();
  if (muon) values.set(optimizerInput.muonRate, single(rateOf(muon.learningRate)));
  if (adamw) {
    const parts = [rateOf(adamw.learningRate), correction(adamw.beta1), correction(adamw.beta2)];
    const rows = parts.map((part) => emitter.reshape(part, [1]));
    values.set(optimizerInput.adamw, single(emitter.emit('Concat', rows, { axis: { int: 0 } })));
  }
  if (average !== undefined) {
    const delayed = emitter.emit('Add', [steps, emitter.double(averageDelay)]);
    const share = emitter.emit('Div', [emitter.double(averageSteps), delayed]);
    values.set(
      optimizerInput.averageShare,
      single(emitter.emit('Max', [emitter.double(1 - average), share])),
    );
  }
  return values;
}
