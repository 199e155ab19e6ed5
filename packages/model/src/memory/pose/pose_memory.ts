import type { PoseGeometry, PoseTables } from './geometry.js';
import { poseCount, poseTables } from './geometry.js';

/** What the memory tells before a motion. Frames are called as they were when they were seen; −1 is none. */
export interface Surroundings {
  /** The frame last seen from here, turned to each of `PoseTables.ways`. */
  readonly ways: Int32Array;
  /** (M): 1 where someone stood at the place that a motion leads to. */
  readonly stood: Uint8Array;
}

/** What it tells after one. R recalled frames. */
export interface PoseHint {
  /** The frame last seen from exactly this pose, or −1. */
  readonly same: number;
  /** (R), or −1: those whose views together cover most of what is seen from here, from the one that covers most on. */
  readonly recalled: Int32Array;
  /** (R + 1): views of the recalled frames and, at the end, of the last one. */
  readonly views: Int32Array;
}

/**
 * The memory by pose of one world as arrays, for recordings: what `rememberLast`, `surroundings` and `poseStep` do as a graph.
 *
 * A frame is seen, then a motion moves the view, and the memory says what it knows of the next frame.
 */
export class PoseMemory {
  readonly #geometry: PoseGeometry;
  readonly #tables: PoseTables;
  /** From the one seen last on. */
  #remembered: { place: number; readonly frame: number }[] = [];

  constructor(geometry: PoseGeometry, tables: PoseTables = poseTables(geometry)) {
    this.#geometry = geometry;
    this.#tables = tables;
  }

  /** @param frame what to call it, from 0 on */
  see(frame: number): void {
    const { here } = this.#tables;
    const before = this.#remembered.findIndex(({ place }) => place === here);
    const forgotten = before >= 0 ? before : this.#geometry.frames - 1;
    this.#remembered.splice(forgotten, 1);
    this.#remembered.unshift({ place: here, frame });
  }

  surroundings(): Surroundings {
    const { ways, view, stood, views } = this.#tables;
    const motions = stood.length / views;
    const seen = new Uint8Array(motions);
    for (const { place } of this.#remembered) {
      for (let motion = 0; motion < motions; motion++) {
        if (stood[view[place]! * motions + motion]) seen[motion] = 1;
      }
    }
    return { ways: Int32Array.from(ways, (way) => this.#frameAt(way)), stood: seen };
  }

  /** Moves the view, by the index of a motion. */
  move(motion: number): PoseHint {
    const { here, moved, view, overlap, squares } = this.#tables;
    const count = poseCount(this.#geometry);
    for (const each of this.#remembered) each.place = moved[motion * count + each.place]!;
    const recalled = new Int32Array(this.#geometry.recalled).fill(-1);
    const views = new Int32Array(recalled.length + 1);
    views[recalled.length] = view[this.#remembered[0]!.place]!;
    const wanted = new Set(Array.from({ length: squares }, (_, i) => i));
    for (let i = 0; i < recalled.length; i++) {
      let [best, most] = [-1, 0];
      this.#remembered.forEach(({ place }, k) => {
        if (k === 0) return;
        let covered = 0;
        for (const square of wanted) covered += overlap[view[place]! * squares + square]!;
        if (covered > most) [best, most] = [k, covered];
      });
      if (best < 0) break;
      const { place, frame } = this.#remembered[best]!;
      [recalled[i], views[i]] = [frame, view[place]!];
      for (const square of wanted) if (overlap[view[place]! * squares + square]) wanted.delete(square);
    }
    return { same: this.#frameAt(here), recalled, views };
  }

  #frameAt(place: number): number {
    return this.#remembered.find((each) => each.place === place)?.frame ?? -1;
  }
}
