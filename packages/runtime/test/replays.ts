/** What `record_replays.ts` records and `replays.test.ts` plays again. */
export const replays = [
  'window',
  'long-memory',
  'true-actions',
  'w4a16-g16',
  'w8a8',
  'int8-kv-cache',
  'patches',
  'patches-by-pose',
] as const;

/** A picture with something in every channel. */
export const prompt = {
  width: 32,
  height: 32,
  data: new Uint8ClampedArray(32 * 32 * 4).map((_, i) => (i * 37) % 256),
};

/** Actions by their numbers, which every world has: longer than any of these worlds remembers. */
export const script: readonly number[] = Array.from({ length: 16 }, (_, t) => [3, 1, 0, 5, 5, 2][t % 6]!);
