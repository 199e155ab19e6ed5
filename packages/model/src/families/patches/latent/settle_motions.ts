import type { LabelledTransitions } from '../motion/labelled.js';
import { settleByPlaces } from '../motion/settle_by_places.js';
import type { EventReader } from './event_reader.js';

/** Nats of a step to where what is controlled looks, if that can be walked onto, and of any other, beside none of resting. */
const [natsAhead, natsElsewhere] = [1, -5];

/**
 * The motions, with those that two frames leave in doubt settled by what is controlled, which steps where it looks if that can be walked onto, and by
 * what the walk comes back to.
 * @returns (N) indices of motions
 */
export function settleByLook(recorded: LabelledTransitions, reader: EventReader): Uint8Array {
  const { motions } = recorded;
  return settleByPlaces(recorded, (_, before, after) => {
    const ahead = reader.stepAhead(before, after);
    return motions.map(([down, right], motion) => {
      const steps = ahead !== undefined && ahead[0] === down && ahead[1] === right;
      return motion === 0 ? 0 : steps ? natsAhead : natsElsewhere;
    });
  });
}
