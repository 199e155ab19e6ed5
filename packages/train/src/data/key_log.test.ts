import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyLogPath, readKeyLog, resampleActions } from './key_log.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function readFrom(content: unknown) {
  await writeFile(join(folder, 'clip.json'), typeof content === 'string' ? content : JSON.stringify(content));
  return readKeyLog(keyLogPath(join(folder, 'clip.mp4')));
}

describe('a key log', () => {
  test('gives names and actions; null is unknown; other fields do not matter', async () => {
    const log = await readFrom({
      game: 'x',
      fps: 15,
      actionNames: ['left', 'right'],
      actions: [0, 1, null],
      states: 3,
    });
    expect(log!.actionNames).toEqual(['left', 'right']);
    expect([...log!.actions]).toEqual([0, 1, -1]);
  });

  test('may begin with a byte order mark, as Windows editors write it', async () => {
    const log = await readFrom('\ufeff{"actionNames": ["a"], "actions": [0, null]}');
    expect([...log!.actions]).toEqual([0, -1]);
  });

  test('may be missing, or be about something else', async () => {
    expect(await readKeyLog(keyLogPath(join(folder, 'none.mp4')))).toBeUndefined();
    expect(await readFrom({ title: 'holiday' })).toBeUndefined();
  });

  test.each<[unknown, RegExp]>([
    ['{"actions": [0,', /clip\.json: it is no JSON \(.+\); mend or remove it/],
    [{ list: [1, 2] }.list, /clip\.json is a list, not an object/],
    ['7', /clip\.json: it must be an object, not 7; mend or remove it/],
    [{ actions: [0] }, /clip\.json has no actionNames; a key log has both/],
    [{ actionNames: ['a'] }, /clip\.json has no actions; a key log has both/],
    [{ actionNames: ['a'], actions: [1] }, /action 1 is not among its 1 actionNames/],
    [{ actionNames: ['a'], actions: [-1] }, /clip\.json: the field 'actions\.0' must be /],
    [{ actionNames: ['a'], actions: [0.5] }, /clip\.json: the field 'actions\.0' must be /],
    [{ actionNames: ['a'], actions: ['a'] }, /clip\.json: the field 'actions\.0' must be /],
    [{ actionNames: ['a', 'a'], actions: [0] }, /clip\.json: the field 'actionNames' has 'a' twice; mend/],
    [{ actionNames: [], actions: [] }, /clip\.json: the field 'actionNames' is empty; mend/],
    [
      { actionNames: ['none', 'x'.repeat(65)], actions: [0] },
      /clip\.json: the field 'actionNames\.1' must have at most 64 characters; mend/,
    ],
    [
      { actionNames: Array.from({ length: 257 }, (_, i) => `key ${i}`), actions: [0] },
      /clip\.json: the field 'actionNames' must have at most 256 entries; mend/,
    ],
    [
      { actionNames: ['a', 'b\n'], actions: [0] },
      /clip\.json: the field 'actionNames\.1' has control characters; mend/,
    ],
    [{ actionNames: ['a', 7], actions: [0] }, /clip\.json: the field 'actionNames\.1' must be a text, not 7/],
  ])('%j is refused', async (content, message) => {
    await expect(readFrom(content)).rejects.toThrow(message);
  });
});

describe('at another frame rate', () => {
  const resample = (actions: number[], sources: number[]) => [
    ...resampleActions(Int16Array.from(actions), sources),
  ];

  test('the same frames keep their actions; the last has none', () => {
    expect(resample([3, 1, 2, 0], [0, 1, 2, 3])).toEqual([3, 1, 2, -1]);
  });

  test('the action that was held longest counts, of equals the first', () => {
    expect(resample([0, 1, 1, 2, 2, 2, 1, 0], [0, 3, 6, 7])).toEqual([1, 2, 1, -1]);
    expect(resample([0, 1, 2, 3], [0, 2, 3])).toEqual([0, 2, -1]);
  });

  test('a frame that is shown twice has its action both times', () => {
    expect(resample([4, 5, 6], [0, 0, 1, 1, 2])).toEqual([4, 4, 5, 5, -1]);
  });
});
