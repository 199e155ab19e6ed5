import { SnowglobeError } from '@snowglobe/graph';
import type { TrainingStage } from '../../../family/training.js';
import { actionFrames } from '../../../latent_actions/training/stage.js';
import type { Recordings } from '../../../recordings.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { sequenceFrames } from './sequences.js';
import { deltaFrames } from './stages/delta.js';
import { motionFrames } from './stages/motion.js';
import { priorFrames } from './stages/prior.js';

const within =
  (scope: string) =>
  (parameter: string): boolean =>
    parameter.startsWith(`${scope}/`);

/** Frames that are encoded for each minute in which the dynamics learns from them: each is seen about three times. */
const framesPerMinute = 1440;
/** A preset's frames of features take about 32 KB each. */
const mostFrames = 57_600;

/**
 * The stages of a world of delta codes. Shares of the time were measured on two CPU cores: what gains most from more of it has
 * most; the rest goes to discovering actions.
 */
export function deltaStages(config: DeltaWorldConfig): readonly TrainingStage[] {
  const { latentActions, dynamics } = config;
  const needsActions = latentActions ? ['actions'] : [];
  const tokenizer = {
    ...{ name: 'tokenizer', needs: [], share: 0.34, framesNeeded: 1 },
    trains: within('tokenizer'),
  };
  const actions = latentActions && {
    ...{ name: 'actions', needs: [], framesNeeded: actionFrames(latentActions) },
    restarts: 'latent-actions',
    plan: ({ total }: { readonly total: number }) => ({
      steps: Math.min(3300, Math.ceil(60 * total)),
      starts: total >= 60 ? 4 : 1,
    }),
    check: (data: Recordings) => checkTransitions(data, latentActions.codes),
    trains: within('latentActions'),
  };
  const motion = {
    ...{ name: 'motion', needs: needsActions, share: 0.12, framesNeeded: motionFrames },
    trains: within('motion'),
  };
  const prior = latentActions && {
    ...{ name: 'prior', needs: needsActions, share: 0.03, framesNeeded: priorFrames },
    trains: within('prior'),
  };
  const delta = {
    ...{ name: 'delta', needs: needsActions, share: 0.32, framesNeeded: deltaFrames },
    trains: within('delta'),
  };
  const last = {
    ...{ name: 'dynamics', needs: [...needsActions, 'delta'], share: 0.14 },
    ...{ framesNeeded: sequenceFrames(dynamics), orElse: 'a shorter memory' },
    plan: ({ own }: { readonly own: number }) => ({
      minutes: own,
      frames: Math.min(mostFrames, Math.ceil(framesPerMinute * own)),
    }),
    trains: within('dynamics'),
  };
  return [tokenizer, actions, motion, prior, delta, last].filter((stage) => stage !== undefined);
}

function checkTransitions({ clips, totalFrames }: Recordings, codes: number): void {
  if (totalFrames - clips.length >= codes) return;
  throw new SnowglobeError(
    `train: to tell ${codes} actions apart, recordings must have at least ${codes + clips.length} frames in all, ` +
      `and these have ${totalFrames}; give more of them.`,
  );
}
