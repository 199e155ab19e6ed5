import type { FileTensor } from '@snowglobe/model';
import { decodeSafetensors } from '@snowglobe/model/internal';
import ort from 'onnxruntime-node';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rateAt } from '../../optimizer/schedule.js';
import type { StepManifest } from '../manifest.js';
import { batchName } from '../manifest.js';

/** Steps that were taken by what was exported. */
export interface TakenSteps {
  readonly losses: number[];
  /** Every parameter and moment afterwards. */
  readonly state: Map<string, Float32Array>;
}

/**
 * Takes steps by ONNX Runtime alone, and by what the manifest says.
 * @param steps of the whole training, for the schedule
 * @param workers batches of a step, whose gradients are averaged
 */
export async function takeSteps(
  folder: string,
  { steps, take = steps, workers = 1 }: { steps: number; take?: number; workers?: number },
): Promise<TakenSteps> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as StepManifest;
  const { gradients, update, batches, schedule } = manifest;
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
  const [first, second] = await Promise.all(
    [gradients, update].map(({ file }) => ort.InferenceSession.create(join(folder, file), options)),
  );
  const state = await tensorsIn(join(folder, manifest.initial), 'state/');
  const frozen = manifest.frozen === null ? {} : await tensorsIn(join(folder, manifest.frozen), 'frozen/');
  const losses: number[] = [];
  const begun = manifest.checkpoint.state.step;
  for (let step = begun + 1; step <= begun + take; step++) {
    const sums = new Map<string, Float64Array>();
    for (let worker = 0; worker < workers; worker++) {
      const number = batches.first + (((step - batches.first) * workers + worker) % batches.count);
      const batch = await tensorsIn(join(folder, batches.folder, batchName(number)), 'batch/');
      const results = await first!.run(only(gradients, { ...batch, ...state, ...frozen }));
      for (const [name, { data }] of Object.entries(results)) {
        const sum = sums.get(name) ?? new Float64Array(data.length);
        (data as Float32Array).forEach((value, i) => (sum[i]! += value / workers));
        sums.set(name, sum);
      }
    }
    losses.push(sums.get('loss')![0]!);
    const averaged = Object.fromEntries(
      update.inputs
        .filter(({ name }) => name.startsWith('gradient/'))
        .map(({ name, shape }) => [name, new ort.Tensor(Float32Array.from(sums.get(name)!), shape)]),
    );
    const rate = rateAt(step, (step - 1) / steps, schedule);
    const next = await second!.run(
      only(update, {
        ...{ ...averaged, ...state },
        step: new ort.Tensor('int32', [step], []),
        rate: new ort.Tensor('float64', [rate], []),
      }),
    );
    for (const name of Object.keys(state)) state[name] = next[name.replace('state/', 'next/')]!;
  }
  await Promise.all([first!.release(), second!.release()]);
  const left = Object.entries(state).map(
    ([name, { data }]) => [name.slice('state/'.length), data as Float32Array] as const,
  );
  return { losses, state: new Map(left) };
}

/** The tensors that a model takes. */
const only = (
  { inputs }: StepManifest['gradients'],
  tensors: Readonly<Record<string, ort.Tensor>>,
): Record<string, ort.Tensor> => Object.fromEntries(inputs.map(({ name }) => [name, tensors[name]!]));

async function tensorsIn(path: string, prefix: string): Promise<Record<string, ort.Tensor>> {
  const { tensors } = decodeSafetensors(await readFile(path), path);
  return Object.fromEntries([...tensors].map(([name, tensor]) => [prefix + name, tensorOf(tensor)]));
}

function tensorOf({ data, shape }: FileTensor): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, shape);
  return new ort.Tensor('uint32', data as Uint32Array, shape);
}
