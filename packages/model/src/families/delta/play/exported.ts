import type { ExportedFrame } from '../../../family/family.js';
import { timeStepNodes } from '../../../memory/time_step.js';
import type { DeltaWorldConfig } from '../config/config.js';

/** What an exported frame is told of `buildFrame`. */
export const exportedFrame = ({ dynamics }: DeltaWorldConfig): ExportedFrame => ({
  actionLogits: 'wish',
  countedInputs: (emitter, index) => timeStepNodes(emitter, index, dynamics),
  outputs: { codes: 'codes', chosenAction: 'action', chosenMotion: 'motion' },
  meanings: {
    temperature: '0 draws the likeliest, 1 what was learned',
    certainty: 'details less likely than this (0 … 1) are left to a smooth guess',
    motionUniforms: 'random numbers, uniform in [0, 1): where the camera goes',
    codeUniforms: 'random numbers, uniform in [0, 1): which code is drawn, a row a refinement step',
    rankNoise:
      'Gumbel noise, which codes are kept first: in row s of S, counted from 1, -ln(-ln(u)) · temperature · (1 - s / S) of uniforms u',
    codes: 'the codes that were drawn for each position',
    chosenAction: 'what the world made of the action, one-hot',
    chosenMotion: 'where the camera went: shift down and right, one-hot, then 1',
  },
  states: [
    [/^motionState$/, 'what the motion net remembers'],
    [/^prompt$/, 'the frame that the world began with, from its first step on'],
    [/^unsettled$/, 'frames for which each pixel is still painted anew, before it can stay what it is'],
    [/^lastMotion$/, 'the last motion of the camera'],
    [/^summaries\/keys$/, 'keys of the summaries, a row a remembered frame'],
    [/^summaries\/values$/, 'values of the summaries, a row a remembered frame'],
    [/Scales$/, 'scales of bytes that are remembered, one a head'],
    [/keys$/, 'keys of one layer, a row a remembered frame'],
    [/values$/, 'values of one layer, a row a remembered frame'],
  ],
});
