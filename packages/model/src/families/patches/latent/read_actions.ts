import type { LabelledTransitions } from '../motion/labelled.js';
import { forLabelled } from '../motion/labelled.js';
import type { LatentActions } from '../config/latent_actions.js';
import { EventReader } from './event_reader.js';
import { settleByLook } from './settle_motions.js';

/** Reads the actions of all transitions, a row a clip, and the motions with those settled that frames leave in doubt. */
export function readLatentActions(recorded: LabelledTransitions, latent: LatentActions) {
  const reader = new EventReader(latent, recorded);
  const labels = { ...recorded.labels, motions: settleByLook(recorded, reader) };
  const all: number[] = [];
  forLabelled({ ...recorded, labels }, (before, after, motion) =>
    all.push(reader.code(before, after, motion)),
  );
  let at = 0;
  const actions = recorded.clips.map((clip) => all.slice(at, (at += clip.length / recorded.cells - 1)));
  return { labels, actions };
}
