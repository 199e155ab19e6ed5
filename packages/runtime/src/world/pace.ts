/** As films have, and more than recordings of games often have. */
const usual = 24;
/** Below it, a world goes from step to step, and each is to be seen: from square to square, not from pixel to pixel. */
const leastSmooth = 12;

/**
 * Frames a second at which a world is played unless someone says otherwise: 24, or its own where those are below 12.
 * @param fps of the recordings that the world was learned from
 */
export const playedFps = (fps: number): number => (fps < leastSmooth ? fps : usual);
