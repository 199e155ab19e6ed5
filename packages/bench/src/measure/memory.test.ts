import { expect, test } from 'vitest';
import { bytesInUse } from './memory.js';

test('bytes in use are those that are held, and not those that were', async () => {
  const before = await bytesInUse();
  let held: Uint8Array[] | undefined = Array.from({ length: 64 }, () => new Uint8Array(1e6));
  const with64 = await bytesInUse();
  expect(with64 - before).toBeGreaterThan(63e6);
  expect(with64 - before).toBeLessThan(66e6);
  expect(held).toHaveLength(64);
  held = undefined;
  expect(Math.abs((await bytesInUse()) - before)).toBeLessThan(2e6);
});
