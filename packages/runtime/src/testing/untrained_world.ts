import type { Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import type { FileTensor, WorldFile } from '@snowglobe/model';
import { playScope } from '@snowglobe/model';
import type { DeltaWorldConfig } from '@snowglobe/model/testing';
import {
  deltaModel,
  encodeActions,
  encodeDelta,
  evidencePairs,
  latentDimensions,
  presets,
  reconstruct,
  shiftsOf,
} from '@snowglobe/model/testing';
import { randomData } from './random.js';

const { delta, dynamics, motion, ...micro } = presets.micro;
/** As small as a world can be: its frame takes a millisecond. */
export const untrainedConfig: DeltaWorldConfig = {
  ...micro,
  width: 32,
  height: 32,
  fps: 15,
  delta: { ...delta, channels: [4, 4, 8], headWidth: 4, levels: [4, 3] },
  dynamics: { ...dynamics, width: 8, heads: 2 },
  motion: { ...motion, width: 12 },
};

const keyRow = (code: number): number[] => Array.from({ length: 8 }, (_, i) => (i === code ? 0 : -90));

/**
 * A world that nobody trained: its frames are noise, and the same noise wherever it runs.
 * @param whole also with the weights that only training and evaluation use: tokenizer and encoders; default false
 * @param dynamics replaces parts of the dynamics' config
 * @param replenishment when what was drawn is kept; default: never
 */
export function untrainedWorld({
  whole = false,
  dynamics = {},
  replenishment,
}: {
  readonly whole?: boolean;
  readonly dynamics?: Partial<DeltaWorldConfig['dynamics']>;
  readonly replenishment?: DeltaWorldConfig['replenishment'];
} = {}): WorldFile {
  const config: DeltaWorldConfig = {
    ...{ ...untrainedConfig, dynamics: { ...untrainedConfig.dynamics, ...dynamics } },
    ...(replenishment && { replenishment }),
  };
  const model = deltaModel(config);
  const tensors = new Map<string, FileTensor>();
  const variables = [...model.frameGraph().variables, ...(whole ? encoderVariables() : [])];
  variables.forEach(([name, tensor], i) => {
    if (name.startsWith(`${playScope}/`)) return;
    const data = (randomData(tensor, i + 1) as Float32Array).map((x) => x / 2);
    tensors.set(name, { dtype: 'F32', shape: tensor.shape, data });
  });
  return {
    model,
    metadata: {
      config,
      actionNames: ['left', 'none', 'right', 'up'],
      codeToAction: ['none', 'left', 'right', 'right', 'up', null, null, 'left'],
      // Right is code 3 where nothing moved, and code 2 while falling; what each state makes of it is the prior's.
      keys: { right: Array.from({ length: 9 }, (_, i) => keyRow(i < 6 ? 3 : 2)) },
      provenance: { command: 'test', seeds: [1], hours: 0, machine: 'test', data: 'none', licences: [] },
      evaluation: {},
    },
    tensors,
  };
}

function encoderVariables(): Iterable<[string, Tensor]> {
  const { width, height, tokenizer, delta, latentActions, motion } = untrainedConfig;
  const builder = new GraphBuilder();
  const picture = builder.input('picture', [1, height, width, 3]);
  reconstruct(picture, tokenizer);
  encodeDelta(picture, picture, delta);
  const { y, x } = shiftsOf(motion);
  const { focus } = latentActions!;
  const evidence = {
    motion_BPYX: builder.input('motion', [1, evidencePairs(latentActions!), y, x]),
    nextFocus_BFF3: builder.input('nextFocus', [1, focus, focus, 3]),
  };
  builder.scope('latentActions', () => {
    encodeActions(evidence, latentActions!);
    // What makes actions of its codes.
    builder.variable('mean', [latentDimensions]);
    builder.variable('scale', [latentDimensions]);
    builder.variable('codebook', [latentActions!.codes, latentDimensions]);
  });
  return builder.build().variables;
}
