import type { ExportedFrame } from '../../../family/family.js';
import type { PatchesConfig } from '../config/config.js';
import { toldIds, toldInput } from '../dynamics/told.js';

/** What an exported frame is told of `buildFrame`. */
export const exportedFrame = ({ events }: PatchesConfig): ExportedFrame => ({
  ...(events && {
    told: {
      input: toldInput,
      rows: [undefined, ...events.sentences].map((sentence) => toldIds(sentence, events)),
    },
  }),
  actionLogits: 'actionLogits',
  countedInputs: () => ({}),
  outputs: { codes: 'codes', chosenAction: 'action', chosenMotion: 'motion' },
  meanings: {
    temperature: '0 takes the likeliest patches, 1 samples what was learned',
    confidenceThreshold:
      'patches of known places that are less likely than this share of the likeliest never come',
    actionUniforms:
      'random numbers, uniform in [0, 1): which of the latent actions that go with what is wanted',
    motionUniforms: 'random numbers, uniform in [0, 1): how the view moves',
    codeUniforms: 'random numbers, uniform in [0, 1): which patch is sampled, a row a refinement step',
    moverUniforms: 'random numbers, uniform in [0, 1): where each thing that moves goes',
    codes: 'the patch of each cell',
    chosenAction: 'what was done, one-hot',
    chosenMotion: 'how the view moved: index into the motions of the config',
  },
  states: [
    [/^codes$/, 'patches of the last frame, from 1; 0 reads them off the frame'],
    [/^ages$/, 'frames since each cell changed, from 1; 0 where that is not known'],
    [/^places$/, 'poses that frames were seen from, as integers; 0 where there is none'],
    [/^frames$/, 'patches of the frames that were seen from them, from 1'],
    [/^map$/, 'patches of the places around the view, from 1; 0 where nothing was seen'],
  ],
});
