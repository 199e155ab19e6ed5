import type { WorldMeasurements } from '@snowglobe/eval';
import type { Measurement, Measurements } from '@snowglobe/model';

/** Measurements as a world's file keeps them: the table, and how it came about; curves and single walks stay in the JSON. */
export function keptMeasurements(
  { long, physics, memory, words, events }: WorldMeasurements,
  how: Pick<Measurement, 'recordings' | 'starts' | 'seed' | 'temperature'>,
): Measurements {
  return {
    ...(long && { long: { ...how, frames: long.frames, figures: long.figures } }),
    ...(physics && { physics: { ...how, frames: physics.frames, figures: physics.figures } }),
    ...(memory && { memory: { ...how, figures: memory.figures } }),
    ...(words && { words: { ...how, starts: words.sentences, figures: words.figures } }),
    ...(events && {
      events: { ...how, starts: events.trials, frames: events.frames, figures: events.figures },
    }),
  };
}
