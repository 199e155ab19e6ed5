import { sizeOf } from '@snowglobe/graph';
import type { FileTensor, WorldFile } from '@snowglobe/model';
import { isPlayState } from '@snowglobe/model/internal';
import { nextFrame } from '@snowglobe/model/testing';
import { randomData } from './random.js';

/** A world of the smallest family that nobody trained: no codes, chance or memory. */
export function nextFrameWorld(): WorldFile {
  const actionNames = ['none', 'left', 'right'];
  const model = nextFrame.fromPreset(
    'only',
    { width: 24, height: 16, fps: 10 },
    { trueActions: actionNames.length },
  );
  const tensors = new Map<string, FileTensor>();
  [...model.frameGraph().variables].forEach(([name, spec], i) => {
    if (isPlayState(name)) return;
    const data = Float32Array.from(randomData(spec, i + 1), (x) => x / Math.sqrt(sizeOf(spec.shape) / 48));
    tensors.set(name, { dtype: 'F32', shape: spec.shape, data });
  });
  const provenance = { command: 'test', seeds: [1], hours: 0, machine: 'test', data: 'none', licences: [] };
  return {
    model,
    metadata: { family: model.family, config: model.config, actionNames, provenance, evaluation: {} },
    tensors,
  };
}
