import type { Frame, WorldInfo, WorldProgress } from '@snowglobe/runtime/browser';
import type { Place } from './places.js';

/** What an element is doing. */
export type SnowGlobeState = 'idle' | 'loading' | 'playing' | 'paused' | 'rewinding' | 'failed';

/** What the events of the element carry, by name. None of them bubbles. */
export interface SnowGlobeEvents {
  progress: CustomEvent<WorldProgress>;
  /** The world is open: `info`, `place` and `device` are known. */
  ready: CustomEvent<WorldInfo>;
  /** A session begins; its first frame comes next. */
  start: CustomEvent<undefined>;
  frame: CustomEvent<Frame>;
  statechange: CustomEvent<SnowGlobeState>;
  /** The world runs somewhere else now, or on another device. */
  placechange: CustomEvent<Place>;
  error: CustomEvent<{ readonly message: string }>;
}

/** All events of the element: its own take the place of the browser's of the same names. */
export type SnowGlobeEventMap = Omit<HTMLElementEventMap, keyof SnowGlobeEvents> & SnowGlobeEvents;
