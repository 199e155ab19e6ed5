import type { BenchEntry, BenchRecord } from './types.js';

/** How entries of sessions that are played together are called, and what a record's summary makes of them. */

/** Frames a second that a player wants. */
export const wantedRate = 24;

export const sessionFamilies = { atOnce: 'sessions', paced: 'paced sessions' } as const;

/** Shape of an entry: sessions that ask for a frame at the same time. */
export const shapeAtOnce = (world: string, sessions: number): string => `${world}, ${sessions} at once`;

/** Shape of an entry: players who each want a frame so many times a second. */
export const shapePaced = (world: string, players: number): string =>
  `${world}, ${players} at ${wantedRate} frames/s`;

/** Of the first world that was measured. */
export function summarizeSessions(
  entries: readonly BenchEntry[],
): Pick<BenchRecord['summary'], 'ratio64' | 'playersAt24' | 'latenessP99'> {
  const own = entries.filter(({ suite }) => suite === 'sessions');
  const world = own[0]?.shape.split(', ')[0] ?? '';
  const ms = (sessions: number): number | undefined =>
    own.find(({ shape }) => shape === shapeAtOnce(world, sessions))?.ms;
  const [one, many] = [ms(1), ms(64)];
  const paced = own.find(
    ({ family, shape }) => family === sessionFamilies.paced && shape.startsWith(`${world}, `),
  );
  const sorted = paced && [...paced.samples].sort((a, b) => a - b);
  return {
    ratio64: one !== undefined && many !== undefined ? (64 * one) / many : null,
    playersAt24: paced ? Number(paced.shape.slice(world.length + 2).split(' ')[0]) : null,
    latenessP99: sorted ? sorted[Math.ceil(0.99 * sorted.length) - 1]! : null,
  };
}
