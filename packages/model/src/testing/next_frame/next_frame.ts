import type { Graph } from '@snowglobe/graph';
import { GraphBuilder, SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import { pointwise as p } from '@snowglobe/kernels';
import * as v from 'valibot';
import { chooseAction, joinActionLogits } from '../../actions/choose_action.js';
import type { FrameOptions } from '../../family/frame.js';
import type { WorldFamily, WorldModel } from '../../family/family.js';
import { framesPerSecond } from '../../family/fps.js';
import { freshState, playScope, stateBytesOf } from '../../family/state.js';
import type { NextFrameConfig } from './predict.js';
import { predictNext } from './predict.js';

const whole = (most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(most));
const schema = v.strictObject({
  ...{ width: whole(1024), height: whole(1024), fps: framesPerSecond },
  ...{ actions: whole(256), channels: whole(4096) },
});

/** Name of the family. */
const name = 'next-frame';

export const nextFrame: WorldFamily = {
  name,
  findsActions: false,
  presets: ['only'],
  parse(config) {
    const result = v.safeParse(schema, config, { abortEarly: true });
    if (result.success) return nextFrameModel(result.output);
    throw new SnowglobeError(`world: ${describeIssue(result.issues[0], 'config')}; correct the field.`);
  },
  fromPreset(preset, { width, height, fps }, { trueActions } = {}) {
    if (preset !== 'only') {
      throw new SnowglobeError(`preset: there is no '${preset}' among only; use it.`);
    }
    if (trueActions === undefined) {
      throw new SnowglobeError(
        `train: worlds of the family '${name}' have true actions alone; ask for those.`,
      );
    }
    return nextFrameModel({ width, height, fps, actions: trueActions, channels: 48 });
  },
};

function nextFrameModel(config: NextFrameConfig): WorldModel {
  const actions = { count: config.actions, areLatent: false, states: 1 };
  const checkKvCache = (): never => {
    throw new SnowglobeError(`play: worlds of the family '${name}' have no KV cache; leave its bits out.`);
  };
  return {
    ...{ family: name, config, actions, fitsKvCache: false, checkKvCache, stepsApart: true },
    frameGraph: ({ batch = 1, kvCache }: FrameOptions = {}) =>
      kvCache ? checkKvCache() : buildFrame(config, batch),
    initialState: freshState,
    frameInputs: (_, actionLogits) => ({ actionLogits: joinActionLogits(actionLogits) }),
    stateBytes: () => stateBytesOf(buildFrame(config, 1)),
    exported: {
      actionLogits: 'actionLogits',
      countedInputs: () => ({}),
      outputs: { chosenAction: 'action' },
      meanings: { chosenAction: 'what was done, one-hot' },
      states: [],
    },
    training: async () => (await import('./training/index.js')).nextFrameTraining(config),
  };
}

function buildFrame(config: NextFrameConfig, batch: number): Graph {
  const { width, height, actions } = config;
  const builder = new GraphBuilder();
  const actionLogits = builder.input('actionLogits', [batch, 1, actions]);
  const last = builder.scope(playScope, () => builder.variable('frame', [batch, height, width, 3]));
  const onlyState = builder.constant(new Float32Array(batch).fill(1), [batch, 1]);
  const action = chooseAction(actionLogits, onlyState, undefined);
  const frame = p.min(p.max(predictNext(last, action, config), -1), 1);
  builder.assign(last, frame);
  builder.output('frame', frame);
  builder.output('action', action);
  return builder.build();
}
