import { GraphBuilder } from '@snowglobe/graph';
import { reshape } from '@snowglobe/kernels';
import type { FamilyQuantization, PredictedPart } from '../../../family/quantization.js';
import type { EventsConfig, PatchesConfig } from '../config/config.js';
import { cellCount, knowsWords } from '../config/config.js';
import { embedFrame, patchLogits } from '../dynamics/dynamics.js';
import { actionPrior } from '../latent/action_prior.js';
import { motionLogits } from '../motion/motion_head.js';
import { firstFramesOf } from '../words/draw.js';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { toldIds, toldInput } from '../dynamics/told.js';
import { frameContextInputs } from './context_inputs.js';
import { surroundingInputs } from './surroundings.js';

/** What a world of patches predicts, part by part. A window is one frame. */
export function patchesQuantization(config: PatchesConfig): FamilyQuantization {
  const cells = cellCount(config);
  return {
    windowFrames: 1,
    main: 'codes',
    parts: (windows) => [
      {
        name: 'codes',
        weight: 1,
        graph: codesGraph(config, windows),
        outputs: [{ name: 'logits', kind: 'choice' }],
      },
      {
        ...{ name: 'motion', weight: 0.1, graph: motionGraph(config, windows) },
        outputs: [{ name: 'logits', kind: 'choice' }],
      },
      ...(config.latentActions ? [priorPart(config, windows)] : []),
    ],
    calibrated: () => [],
    uncalibrated: () => (knowsWords(config) ? Object.values(firstFramesOf(config).graphs(1)) : []),
    recorded: {
      outputs: {
        ...{ hint: 'hint', freshness: 'freshness', last: 'last', motion: 'motion', codes: 'codes' },
        ...recordedMemory(config),
      },
      state: {},
    },
    derive(window, random) {
      // Cells are given as often as in training.
      const codes = window.get('codes')!;
      const known = new Int32Array(codes.length);
      for (let frame = 0; frame < codes.length / cells; frame++) {
        const masked = Math.cos((uniformFloat64(random) * Math.PI) / 2);
        for (let cell = frame * cells; cell < (frame + 1) * cells; cell++) {
          known[cell] = uniformFloat64(random) < masked ? 0 : codes[cell]! + 1;
        }
      }
      const derived = new Map<string, Int32Array>([['known', known]]);
      const told = config.events && someTold(codes.length / cells, config.events, random);
      if (told) derived.set(toldInput, told);
      return derived;
    },
  };
}

/** Share of frames in which something is told where quantization is measured. */
const toldShare = 0.25;

/** What may be told in so many frames: (T, W). */
function someTold(frames: number, events: EventsConfig, random: JumpableRandomGenerator): Int32Array {
  const told = Array.from({ length: frames }, () => {
    const isTold = uniformFloat64(random) < toldShare;
    const event = uniformInt(random, 0, events.sentences.length - 1);
    return [...toldIds(isTold ? events.sentences[event] : undefined, events)];
  });
  return Int32Array.from(told.flat());
}

function priorPart(config: PatchesConfig, windows: number): PredictedPart {
  const builder = new GraphBuilder();
  const last = builder.input('last', [windows, cellCount(config)], 'i32');
  builder.output('logits', actionPrior(last, config));
  return {
    ...{ name: 'prior', weight: 0.1, graph: builder.build() },
    outputs: [{ name: 'logits', kind: 'choice' }],
  };
}

/** What a memory told, as inputs of the parts by outputs of a frame. */
function recordedMemory(config: PatchesConfig): Readonly<Record<string, string>> {
  const builder = new GraphBuilder();
  frameContextInputs(builder, config, 1);
  surroundingInputs(builder, config, 1);
  const given = ['ages', 'recalled', 'views', 'ways', 'stood'];
  const { inputs } = builder.build();
  return Object.fromEntries(given.filter((name) => inputs.has(name)).map((name) => [name, name]));
}

function codesGraph(config: PatchesConfig, windows: number) {
  const builder = new GraphBuilder();
  const cells = cellCount(config);
  const context = frameContextInputs(builder, config, windows);
  const known = builder.input('known', [windows, cells], 'i32');
  const logits = builder.scope('dynamics', () => patchLogits(embedFrame(context, config), known, config));
  builder.output('logits', reshape(logits, [windows * cells, config.codebook]));
  return builder.build();
}

function motionGraph(config: PatchesConfig, windows: number) {
  const builder = new GraphBuilder();
  const last = builder.input('last', [windows, cellCount(config)], 'i32');
  const action = builder.input('action', [windows, config.actions]);
  const around = surroundingInputs(builder, config, windows);
  builder.output('logits', motionLogits({ last_BP: last, action_BA: action, ...around }, config));
  return builder.build();
}
