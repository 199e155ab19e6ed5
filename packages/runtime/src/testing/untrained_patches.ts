import type { FileTensor, WorldFile } from '@snowglobe/model';
import { isPlayState } from '@snowglobe/model/internal';
import type { PatchesConfig } from '@snowglobe/model/testing';
import { patchesModel, patchesPresets } from '@snowglobe/model/testing';
import { randomData } from './random.js';

const { dynamics, map: _, poses, ...micro } = patchesPresets.micro;
/** A view above a row that stands still, with a frame around the grid. */
const shared = {
  ...{ width: 32, height: 32, fps: 8 },
  ...micro,
  dynamics: { ...dynamics, width: 16 },
  grid: { size: 5, top: 1, left: 1 },
  codebook: 23,
  view: { top: 0, left: 0, rows: 5, columns: 6 },
  actions: 6,
  refinementSteps: 3,
};
/** It scrolls in four ways. */
const onMap: PatchesConfig = {
  ...shared,
  motions: [
    [0, 0],
    [0, 1],
    [0, -1],
    [1, 0],
    [-1, 0],
  ],
  map: { rows: 9, columns: 11 },
};
/** It goes by steps and turns. */
const byPose: PatchesConfig = {
  ...shared,
  poses: {
    ...poses,
    frames: 9,
    motions: [
      [0, 0, 0],
      [1, 0, 0],
      [-1, 0, 0],
      [0, 0, 1],
      [0, 0, 3],
    ],
    leadsElsewhere: true,
  },
};

/**
 * A world of patches that nobody trained: its frames are made of random patches, and the same ones wherever it runs.
 * @param memory what it remembers by
 * @param readouts numbers that its frames tell; default: none
 */
export function untrainedPatches(
  memory: 'map' | 'pose' = 'map',
  readouts?: PatchesConfig['readouts'],
): WorldFile {
  const config: PatchesConfig = { ...(memory === 'map' ? onMap : byPose), ...(readouts && { readouts }) };
  const model = patchesModel(config);
  const tensors = new Map<string, FileTensor>();
  [...model.frameGraph().variables].forEach(([name, tensor], i) => {
    if (isPlayState(name)) return;
    const random = randomData(tensor, i + 1) as Float32Array;
    const data = random.map((x, pixel) => {
      if (name.endsWith('/background')) return isInGrid(pixel, config) ? 0 : clamp(x);
      return name.endsWith('/codebook') ? clamp(x) : x * (name.startsWith('motion/') ? 0.3 : 0.8);
    });
    tensors.set(name, { dtype: 'F32', shape: tensor.shape, data });
  });
  return {
    model,
    metadata: {
      ...{ family: model.family, config },
      actionNames: Array.from({ length: config.actions }, (_, i) => `action ${i}`),
      provenance: { command: 'test', seeds: [1], hours: 0, machine: 'test', data: 'none', licences: [] },
      evaluation: {},
    },
    tensors,
  };
}

/** The same, as if it had heard of a few words: first frames can be drawn from them. */
export function wordyPatches(): WorldFile {
  const { model, metadata, tensors } = untrainedPatches();
  const wordy = model.learningWords!(['lake', 'cow', 'west']);
  const weights = new Map<string, FileTensor>(tensors);
  for (const graph of Object.values(wordy.firstFrames!.graphs(1))) {
    for (const [name, { shape }] of graph.variables) {
      const data = (randomData({ shape, dtype: 'f32' }, name.length) as Float32Array).map((x) => 0.5 * x);
      weights.set(name, { dtype: 'F32', shape, data });
    }
  }
  return { model: wordy, metadata: { ...metadata, config: wordy.config }, tensors: weights };
}

/** The same, as if it had heard of two events, which change what it draws. */
export function eventfulPatches(): WorldFile {
  const { model, metadata, tensors } = untrainedPatches();
  const eventful = model.learningEvents!(['night falls', 'the day breaks']);
  const weights = new Map<string, FileTensor>(tensors);
  for (const [name, { shape }] of eventful.frameGraph().variables) {
    if (isPlayState(name) || weights.has(name)) continue;
    const data = (randomData({ shape, dtype: 'f32' }, name.length) as Float32Array).map((x) => 0.8 * x);
    weights.set(name, { dtype: 'F32', shape, data });
  }
  return { model: eventful, metadata: { ...metadata, config: eventful.config }, tensors: weights };
}

const clamp = (x: number): number => Math.min(1, Math.max(-1, x));

/** Whether a number of a picture (H, W, 3) lies within the 6x6 cells. */
function isInGrid(index: number, config: PatchesConfig): boolean {
  const pixel = Math.floor(index / 3);
  const [y, x] = [Math.floor(pixel / config.width), pixel % config.width];
  return [y, x].every((at) => at >= 1 && at < 31);
}
