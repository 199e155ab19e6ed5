import { expect, test } from 'vitest';
import type { LoggedEvent } from './server_log.js';
import { serverLog } from './server_log.js';

const events: readonly LoggedEvent[] = [
  { event: 'ready', kind: 'onnx', device: 'cpu' },
  { event: 'connected', session: 1, wire: 'play', address: '::1' },
  { event: 'started', session: 1, world: 'crafter' },
  { event: 'frame', session: 1, world: 'crafter', stepMs: 9, answerMs: 10, periodMs: 125 },
  { event: 'refused', reason: 'request', sentence: 'no', address: '::1', session: 1 },
  { event: 'refused', reason: 'places', sentence: 'All are taken.', address: '::1' },
  { event: 'moved', session: 1, kind: 'onnx', device: 'cpu' },
  {
    event: 'closed',
    session: 1,
    world: 'crafter',
    seconds: 1.5,
    frames: 1,
    bytes: 90,
    reason: 'it was closed',
  },
  { event: 'fault', message: 'broken' },
];
const logged = (kind: 'text' | 'json' | 'none'): string[] => {
  const lines: string[] = [];
  const log = serverLog(
    kind,
    (line) => lines.push(line),
    () => new Date('2026-01-02T03:04:05Z'),
  );
  events.forEach(log);
  return lines;
};

test('people read a line an event, but for frames and refused requests', () => {
  expect(logged('text')).toEqual([
    '03:04:05 ready on onnx (cpu)',
    '03:04:05 session 1 from ::1 (play)',
    '03:04:05 session 1 started crafter',
    '03:04:05 refused ::1: All are taken.',
    '03:04:05 session 1 moved to onnx (cpu)',
    '03:04:05 session 1 ended after 1.5 s and 1 frames: it was closed',
    '03:04:05 fault: broken',
  ]);
});

test('programs read the events themselves', () => {
  const lines = logged('json').map((line) => JSON.parse(line) as object);
  expect(lines).toHaveLength(7);
  expect(lines[1]).toEqual({ time: '2026-01-02T03:04:05.000Z', ...events[1] });
  expect(logged('none')).toEqual([]);
});
