import { GraphBuilder, SnowglobeError } from '@snowglobe/graph';
import type { WorldModel } from '../../family/family.js';
import { freshState, stateBytesOf } from '../../family/state.js';
import { cellsOf } from '../../memory/cells.js';
import { knownEvents, wordsOfEvent } from '../../text/events.js';
import { mostWords, usualClauses } from '../../text/vocabulary.js';
import type { PatchesConfig } from './config/config.js';
import { isByPose, knowsWords } from './config/config.js';
import { exportedFrame } from './play/exported.js';
import { buildFrame } from './play/frame.js';
import { frameInputs } from './play/inputs.js';
import { mapPicture } from './play/map_picture.js';
import { playState, stateLimits } from './play/state.js';
import { tilesOf } from './play/tiles.js';
import { firstFramesOf } from './words/draw.js';
import { readoutsOf } from './readouts/read.js';

/** Name of the family. */
export const patches = 'patches';

/** What this family makes of a config that was checked. */
export function patchesModel(config: PatchesConfig): WorldModel & { readonly config: PatchesConfig } {
  const checkKvCache = (): never => {
    throw new SnowglobeError(
      `play: worlds of the family '${patches}' remember patches and have no KV cache; leave its bits out.`,
    );
  };
  return {
    ...{ family: patches, config, fitsKvCache: false, checkKvCache, stepsApart: true },
    actions: { count: config.actions, areLatent: config.latentActions !== undefined, states: 1 },
    frameGraph: (options) => (options?.kvCache ? checkKvCache() : buildFrame(config, options)),
    initialState: freshState,
    frameInputs: (index, actionLogits, options) => frameInputs(config, index, actionLogits, options),
    stateBytes() {
      const builder = new GraphBuilder();
      playState(builder, config, 1);
      return stateBytesOf(builder.build());
    },
    stateLimits: stateLimits(config),
    tiles: tilesOf(config),
    ...(config.readouts && { readouts: readoutsOf(config.readouts) }),
    ...(!isByPose(config) && cellsOf(config.view) > 0 && { map: mapPicture(config) }),
    exported: exportedFrame(config),
    ...(knowsWords(config)
      ? {
          firstFrames: firstFramesOf(config),
          withoutWords: () => {
            const { words: _, ...silent } = config;
            return patchesModel(silent);
          },
        }
      : {
          learningWords: (vocabulary, clauses = usualClauses) =>
            patchesModel({
              ...config,
              words: { vocabulary, width: wordWidth(config), ...(clauses > usualClauses && { clauses }) },
            }),
        }),
    ...(config.events && { events: config.events.sentences }),
    learningEvents: (heard) => patchesModel(withEvents(config, heard)),
    controls: () => controlsOf(config),
    training: async () => (await import('./training/index.js')).patchesTraining(config),
  };
}

/** The same world with what it takes to be told events: those that it knows, and those that were heard. */
function withEvents(config: PatchesConfig, heard: readonly string[]): PatchesConfig {
  const { events } = config;
  const sentences = knownEvents(heard, events?.sentences);
  if (sentences.length === (events?.sentences.length ?? 0)) return config;
  // Words that are known already keep their places in the table of words.
  const words = new Set([...(events?.vocabulary ?? []), ...sentences.flatMap(wordsOfEvent)]);
  const vocabulary = [...words].slice(0, mostWords);
  return { ...config, events: { sentences, vocabulary, width: events?.width ?? wordWidth(config) } };
}

/** Numbers that stand for a word: half of what stands for a cell. */
const wordWidth = ({ dynamics }: PatchesConfig): number => Math.ceil(dynamics.width / 2);

/** What forgets all but the last frame, and what looks at no other frame. */
function controlsOf(config: PatchesConfig): Readonly<Record<string, WorldModel>> {
  if (!isByPose(config)) {
    // A map that reaches no farther than the view forgets what leaves it.
    const { rows, columns } = config.view;
    const isLarger = cellsOf(config.map) > cellsOf(config.view);
    return isLarger ? { memory: patchesModel({ ...config, map: { rows, columns } }) } : {};
  }
  const { poses } = config;
  return {
    ...(poses.frames > 1 && { memory: patchesModel({ ...config, poses: { ...poses, frames: 1 } }) }),
    ...(poses.recalled > 0 && { recall: patchesModel({ ...config, poses: { ...poses, recalled: 0 } }) }),
  };
}
