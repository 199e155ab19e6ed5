/** Worlds from recordings to their small form, for the tests of a file. */
import type { EvaluationOptions, WorldEvaluation } from '@snowglobe/eval';
import { evaluateWorld } from '@snowglobe/eval';
import type { Executor } from '@snowglobe/graph';
import type { WorldFile } from '@snowglobe/model';
import { decodeWorld, encodeWorld } from '@snowglobe/model';
import { createNodeOnnxExecutor, openWeights, World } from '@snowglobe/runtime';
import type { ClipDataset } from '@snowglobe/train';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { recordingsOf } from '../measure/recordings.js';
import type { SchemeFigures } from '../study/figures.js';
import { QuantizationStudy } from '../study/study.js';

export const provenance = {
  command: 'test',
  seeds: [1],
  hours: 0,
  machine: 'test',
  data: 'none',
  licences: [],
};

export interface MadeWorld {
  readonly executor: Executor;
  /** Removed in the end. */
  readonly folder: string;
  readonly data: ClipDataset;
  /** Measured on what it was trained on. */
  evaluate(file: WorldFile, reader?: EvaluationOptions['reader']): Promise<WorldEvaluation>;
  /** Compares it with itself in eight and in four bits. */
  quantize(file: WorldFile): Promise<SmallWorld>;
}

export interface SmallWorld {
  /** Names of what was quantized. */
  readonly layers: readonly string[];
  readonly eight: SchemeFigures;
  readonly four: SchemeFigures;
  /** The world in four bits, written and read. */
  readonly world: World;
}

/** @param record what the folder's recordings are made by, and opened */
export function useMadeWorld(record: (folder: string) => Promise<ClipDataset>): MadeWorld {
  const executor = createNodeOnnxExecutor({ threads: 1 });
  let folder: string;
  let data: ClipDataset;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snowglobe-made-'));
    data = await record(folder);
  });
  afterAll(async () => {
    data.close();
    await executor.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    executor,
    get folder() {
      return folder;
    },
    get data() {
      return data;
    },
    async evaluate(file, reader) {
      const { store } = openWeights(executor, file, 'test');
      const options = { executor, store, seed: 1, stride: 10, prefill: 2, longSteps: 20 };
      const evaluation = await evaluateWorld(data, file.model, { ...options, ...(reader && { reader }) });
      store.close();
      return evaluation;
    },
    async quantize(file) {
      const { store } = openWeights(executor, file, 'test');
      const recordings = await recordingsOf(data, file.model, { executor, store, starts: 4 });
      store.close();
      const size = data.width * data.height * 3;
      const prompts = recordings.map(({ frames }) => frames.subarray(0, size));
      const study = await QuantizationStudy.open(file, { executor, prompts, recordings, seed: 3, runs: 16 });
      await study.calibrate();
      const layers = [...study.layers.keys()];
      const [eight, four] = await Promise.all(
        ['w8a16', 'w4a16-g32'].map((scheme) => study.quantize(study.uniform(scheme, 'gptq'))),
      );
      const measured = { eight: await study.measure(eight!), four: await study.measure(four!) };
      await study.close();
      const again = decodeWorld(encodeWorld(four!.file), 'again');
      const world = await World.create(again, 'again', async () => createNodeOnnxExecutor({ threads: 1 }));
      return { ...measured, layers, world };
    },
  };
}
