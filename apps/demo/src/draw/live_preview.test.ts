import type { Frame, PromptImage } from '@snowglobe/runtime/browser';
import { expect, test } from 'vitest';
import { LivePreview } from './live_preview.js';

const picture = (value: number): PromptImage => ({ width: 1, height: 1, data: Uint8Array.of(value, 0, 0) });
const frame = ({ data }: PromptImage): Frame => ({
  ...{ index: data[0]!, width: 1, height: 1, rgba: new Uint8ClampedArray(4), ms: 0 },
});

test('asks once at a time, leaves out what was drawn over meanwhile, and ends with the last', async () => {
  const asked: number[] = [];
  const shown: number[] = [];
  const answers: (() => void)[] = [];
  const preview = new LivePreview(
    (each) =>
      new Promise((resolve, reject) => {
        asked.push(each.data[0]!);
        answers.push(() => (each.data[0] === 3 ? reject(new Error('gone')) : resolve(frame(each))));
      }),
    ({ index }) => shown.push(index),
  );
  const answer = async (): Promise<void> => {
    answers.shift()!();
    await new Promise((resolve) => setTimeout(resolve));
  };
  for (const value of [1, 2, 3]) preview.update(picture(value));
  expect(asked).toEqual([1]);
  await answer();
  expect([asked, shown]).toEqual([[1, 3], [1]]);
  await answer();
  preview.update(picture(4));
  await answer();
  expect([asked, shown]).toEqual([
    [1, 3, 4],
    [1, 4],
  ]);
  preview.update(picture(5));
  preview.close();
  await answer();
  expect(shown).toEqual([1, 4]);
});
