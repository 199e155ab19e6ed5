import type { FrameTime, FrameTimes } from '../placing/frame_times.js';
import { frameTimes } from '../placing/frame_times.js';
import type { Engine } from './engine.js';
import type { StepRow } from './state_slots.js';
import type { SessionState } from './state.js';

/** How many sessions are measured together at most. */
const mostRows = 16;
/** After so long, in ms, no larger size is tried; nor on a device whose frames take so long: a larger one would have to be compiled, which may take a minute. */
const [budgetMs, slowMs] = [2000, 250];
/** Rounds that are timed, unless they have taken long already. */
const [rounds, roundsMs] = [3, 300];

/** What measuring needs to know. */
export interface MeasuredSessions {
  /** That of a session that has just begun. */
  readonly state: SessionState;
  /** Any action's. */
  readonly actionLogits: Float32Array;
  /** States that have room on the device. */
  readonly most: number;
}

/**
 * Plays 1, 2, 4, 8 and 16 sessions that are nobody's on an engine, for two seconds or until that is done, and tells how long their frames take. What it
 * compiles stays compiled.
 * @throws what the device fails with before anything was measured
 */
export async function measureFrames(
  engine: Engine,
  { state, actionLogits, most }: MeasuredSessions,
): Promise<FrameTimes> {
  const sampling = { seed: 0, temperature: 1, confidenceThreshold: 0 };
  const measured: FrameTime[] = [];
  const began = performance.now();
  let slots = 0;
  try {
    for (let rows = 1; rows <= Math.min(most, mostRows); rows *= 2) {
      for (; slots < rows; slots++) await engine.load(slots, state, most);
      let index = 0;
      const round = async (): Promise<number> => {
        const started = performance.now();
        const all = Array.from({ length: rows }, (_, slot): StepRow => ({
          slot,
          index,
          actionLogits,
          sampling,
        }));
        index++;
        await Promise.all(all.map((row) => engine.step(row, false)));
        return performance.now() - started;
      };
      // A size is compiled when it is wanted for a second time.
      for (let i = 0; i < (rows === 1 ? 1 : 2); i++) await round();
      const times = [await round()];
      while (times.length < rounds && times.reduce((a, b) => a + b) < roundsMs) times.push(await round());
      measured.push({ rows, ms: Math.min(...times) });
      if (performance.now() - began > budgetMs || measured.at(-1)!.ms > slowMs) break;
    }
  } catch (error) {
    if (measured.length === 0) throw error;
  } finally {
    for (let slot = 0; slot < slots; slot++) engine.drop(slot);
  }
  return frameTimes(measured);
}
