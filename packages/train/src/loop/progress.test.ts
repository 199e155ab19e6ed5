import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createProgressReporter, describe as describeProgress, formatDuration } from './progress.js';
import type { Progress } from './stage_options.js';

const progress = (step: number, stage = 'tokenizer'): Progress => ({
  stage,
  step,
  fraction: step / 100,
  seconds: step,
  secondsLeft: 500 - 5 * step,
  loss: 0.123456,
  metrics: {},
  rate: 1,
  framesPerSecond: 164.7,
  gflops: 72.44,
});

function capture(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  const chunks: string[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return { stream, text: () => chunks.join('') };
}

test('says loss, rates and time left', () => {
  expect(describeProgress(progress(4))).toBe('loss 0.1235, 165 frames/s, 72.4 GFLOP/s, 8 min left');
});

test.each([
  [0.4, '0 s'],
  [99, '99 s'],
  [100, '2 min'],
  [5940, '99 min'],
  [7500, '2 h 05 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('without a terminal: lines at the start, in intervals, and at the end of a stage', async () => {
  const { stream, text } = capture(false);
  const reporter = createProgressReporter({ stream, everySeconds: 1000 });
  for (let step = 1; step <= 100; step++) reporter.report(progress(step));
  reporter.report(progress(1, 'dynamics'));
  reporter.stop();
  await new Promise(setImmediate);
  expect(text().split('\n')).toEqual([
    'tokenizer: 1 %, step 1, loss 0.1235, 165 frames/s, 72.4 GFLOP/s, 8 min left',
    'tokenizer: 100 %, step 100, loss 0.1235, 165 frames/s, 72.4 GFLOP/s, 0 s left',
    'dynamics: 1 %, step 1, loss 0.1235, 165 frames/s, 72.4 GFLOP/s, 8 min left',
    '',
  ]);
});

test('on a terminal: a bar that ends with the last state', async () => {
  const { stream, text } = capture(true);
  const reporter = createProgressReporter({ stream });
  reporter.report(progress(1));
  reporter.report(progress(42));
  reporter.stop();
  await new Promise(setImmediate);
  expect(text()).toMatch(/tokenizer .*42 % \| step 42 \| loss 0\.1235, 165 frames\/s/);
});
