import { explainedShares } from '../motion/best_motion.js';
import type { LabelledTransitions } from './labelled.js';
import { forLabelled } from './labelled.js';
import type { EventReader } from './event_reader.js';

/** Nats by which a cell that a motion explains speaks for it. */
const natsOfCell = 0.3;
/** Nats of a step to where what is controlled looks, if that can be walked onto, and of any other, beside none of resting. */
const [natsAhead, natsElsewhere] = [1, -5];

/**
 * The motions, with those that frames leave in doubt settled by what is controlled: it steps where it looks, if that can be walked onto.
 * @returns (N) indices of motions
 */
export function settleByLook(recorded: LabelledTransitions, reader: EventReader): Uint8Array {
  const { view, motions, labels } = recorded;
  const settled = Uint8Array.from(labels.motions);
  const seen = view.rows * view.columns;
  forLabelled(recorded, (before, after, _, isClear, n) => {
    if (isClear) return;
    const shares = explainedShares(before, after, recorded, view, motions);
    const ahead = reader.stepAhead(before, after);
    const nats = shares.map((share, motion) => {
      const [down, right] = motions[motion]!;
      const steps = ahead !== undefined && ahead[0] === down && ahead[1] === right;
      return natsOfCell * seen * share + (motion === 0 ? 0 : steps ? natsAhead : natsElsewhere);
    });
    settled[n] = nats.indexOf(Math.max(...nats));
  });
  return settled;
}
