import type { FamilyTraining, FigureInfo, TrainingStage } from '../../../family/training.js';
import type { PatchesConfig } from '../config/config.js';
import { isByPose, knowsWords } from '../config/config.js';
import { backgroundName, codebookName } from '../tokenizer/patches.js';
import { readoutFigures } from '../readouts/measure.js';
import { figureTitles } from './measure.js';
import { buildPrefill } from './prefill.js';
import { patchesQuantization } from './quantization.js';
import { PatchesRecordings } from './session.js';

const within =
  (scope: string) =>
  (parameter: string): boolean =>
    parameter.startsWith(`${scope}/`);

/** Share of all minutes that words take, where recordings have captions. */
const wordsShare = 0.2;

/** Counts what the numbers of key logs look like; first, since what follows does not change the patches. */
const readoutsStage: TrainingStage = {
  ...{ name: 'readouts', needs: [], framesNeeded: 2, finds: true, trains: () => false },
};

/** Finds the patches of what moves by itself, by which play keeps it whole. */
const moversStage: TrainingStage = {
  ...{ name: 'movers', needs: [], framesNeeded: 2, finds: true, trains: () => false },
};

/** Counts which patches go beside which, by which play samples them together. */
const adjacencyStage: TrainingStage = {
  ...{ name: 'adjacency', needs: [], framesNeeded: 2, finds: true, trains: () => false },
};

const figuresOf = (config: PatchesConfig): FigureInfo[] => [
  ...Object.entries(figureTitles(config)).map(([name, title]) => ({
    ...{ name, title, unit: 'right', digits: 4, remark: 'predicting patches' },
  })),
  ...readoutFigures(config),
];

/** How worlds of patches are trained and measured. */
export function patchesTraining(config: PatchesConfig): FamilyTraining {
  const stage = (name: string, share: number, ...needs: string[]): TrainingStage => ({
    ...{ name, needs, share, framesNeeded: 2, trains: within(name) },
  });
  // Latent actions are read off the patches, and say how the view moves; for true ones the motion stage settles what frames leave in doubt.
  const playing = config.latentActions
    ? [stage('motion', 0.01), stage('prior', 0.03), stage('dynamics', 0.96)]
    : [stage('motion', 0.03), stage('dynamics', 0.97, 'motion')];
  const trained = knowsWords(config)
    ? [
        ...playing.map((each) => ({ ...each, share: each.share! * (1 - wordsShare) })),
        stage('words', wordsShare, 'dynamics'),
      ]
    : playing;
  const found = [readoutsStage, adjacencyStage, ...(isByPose(config) ? [] : [moversStage])];
  const stages = [...found, ...trained];
  return {
    stages,
    keeps: (weight) =>
      stages.some(({ trains }) => trains(weight)) || weight === codebookName || weight === backgroundName,
    figures: figuresOf(config),
    // Of 81 cells, tails of a hundredth each would show in every other frame.
    sampling: { temperature: 1, confidenceThreshold: 0.02 },
    open: (context) => new PatchesRecordings(config, context),
    quantization: patchesQuantization(config),
    prefillGraph: (options) => buildPrefill(config, options),
  };
}
