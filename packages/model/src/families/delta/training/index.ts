import { GraphBuilder } from '@snowglobe/graph';
import { reconstruct } from '../tokenizer/tokenizer.js';
import type { FamilyTraining } from '../../../family/training.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { deltaQuantization } from './parts.js';
import { buildPrefill } from './prefill.js';
import { DeltaRecordings } from './session.js';
import { deltaStages } from './delta_stages.js';

/** Which weights belong into a world: what plays, what turns pictures into tokens, what reads actions off video. */
const kept = /^(tokenizer|motion|prior|delta|dynamics)\/|^latentActions\/(?!decoder\/)/;

/** How worlds of delta codes are trained and measured. */
export function deltaTraining(config: DeltaWorldConfig): FamilyTraining {
  return {
    stages: deltaStages(config),
    keeps: (weight) => kept.test(weight),
    figures: [
      {
        ...{ name: 'crossEntropy', title: 'cross-entropy', unit: 'nats a code', digits: 3 },
        remark: 'predicting codes',
      },
    ],
    reconstruction: {
      name: 'tokenizer',
      graph(batch) {
        const builder = new GraphBuilder();
        const frames = builder.input('frames', [batch, config.height, config.width, 3]);
        builder.output('drawn', reconstruct(frames, config.tokenizer));
        return builder.build();
      },
    },
    open: (context) => new DeltaRecordings(config, context),
    quantization: deltaQuantization(config),
    prefillGraph: (options) => buildPrefill(config, options),
  };
}
