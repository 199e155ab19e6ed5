import { SnowglobeError } from '@snowglobe/graph';
import type { Label, Place, Recordings, RecordingSession } from '@snowglobe/model';
import type { WalkedAction } from './walker.js';

/**
 * Where walks start: at the first frames of clips, spread over the recordings; where there are fewer clips, also within them.
 * @throws SnowglobeError without recordings
 */
export function spreadStarts(data: Pick<Recordings, 'clips'>, count: number): Place[] {
  const { clips } = data;
  if (clips.length === 0) throw new SnowglobeError('eval: there are no recordings to start from; give some.');
  return Array.from({ length: count }, (_, i) => {
    const clip = Math.floor((i * clips.length) / count);
    // Several starts in one clip lie as far apart as it allows.
    const sharing = Array.from({ length: count }, (__, j) => Math.floor((j * clips.length) / count));
    const before = i - sharing.indexOf(clip);
    const all = sharing.filter((other) => other === clip).length;
    return { clip, frame: Math.floor((before * (clips[clip]!.frames - 1)) / all) };
  });
}

/** What is done in walks. */
export interface RecordedActions {
  /** Of each clip, from each frame to the next: numbers of the world's actions; see `RecordingSession.actions`. */
  readonly actions: Awaited<ReturnType<RecordingSession['actions']>>;
  /** What is done where nobody knows. */
  readonly otherwise: WalkedAction;
}

/** The actions of the recording after a place, again from that place when the recording ends. */
export function actionsFrom(
  { actions, otherwise }: RecordedActions,
  { clip, frame }: Place,
  frames: number,
): (t: number) => WalkedAction {
  const left = Math.max(1, frames - 1 - frame);
  return (t) => {
    const label: Label = actions[clip]![frame + (t % left)];
    return label ?? otherwise;
  };
}
