/** Places in recordings to which a walk comes back: found by the pictures, so that any game has them. */
import type { Recordings } from '@snowglobe/model';
import { changedShare } from '../long/change.js';

/** A walk from a frame, away, and back to where it shows the same. */
export interface Return {
  readonly clip: number;
  readonly first: number;
  readonly last: number;
}

/** Pixels that must be the same again, and that must have been others between. */
const same = 0.9;
const away = 0.3;
/** How much shorter or longer than asked a walk may be. */
const slack = 0.2;
/** First frames that are tried in a clip, and frames between those that are looked at. */
const tried = 64;
const stride = 2;

/** Up to `count` walks of about `span` frames, spread over the clips, the best returns first within each. */
export function findReturns(data: Recordings, span: number, count: number): Return[] {
  const byClip = data.clips.map((_, clip) => returnsIn(data, clip, span));
  const ranks = Math.max(0, ...byClip.map(({ length }) => length));
  // The best of every clip, then the second best, and so on.
  const inOrder = Array.from({ length: ranks }, (_, rank) =>
    byClip.flatMap((some) => some.slice(rank, rank + 1)),
  );
  return inOrder.flat().slice(0, count);
}

function returnsIn(data: Recordings, clip: number, span: number): Return[] {
  const { frames } = data.clips[clip]!;
  const [least, most] = [Math.ceil(span * (1 - slack)), Math.floor(span * (1 + slack))];
  if (frames <= least) return [];
  const size = data.width * data.height * 3;
  const all = data.frames(clip, 0, frames);
  const frameAt = (t: number): Uint8Array => all.subarray(t * size, (t + 1) * size);
  const candidates: (Return & { readonly likeness: number })[] = [];
  const step = Math.max(1, Math.floor((frames - least) / tried));
  for (let first = 0; first + least < frames; first += step) {
    for (let last = first + least; last <= Math.min(frames - 1, first + most); last += stride) {
      const likeness = 1 - changedShare(frameAt(first), frameAt(last));
      if (likeness >= same) candidates.push({ clip, first, last, likeness });
    }
  }
  candidates.sort((a, b) => b.likeness - a.likeness || a.first - b.first);
  const kept: Return[] = [];
  for (const { first, last } of candidates) {
    // Walks that overlap tell the same twice.
    if (kept.some((other) => first < other.last && other.first < last)) continue;
    let most = 0;
    for (let t = first + 1; t < last; t += stride)
      most = Math.max(most, changedShare(frameAt(first), frameAt(t)));
    if (most >= away) kept.push({ clip, first, last });
  }
  return kept;
}
