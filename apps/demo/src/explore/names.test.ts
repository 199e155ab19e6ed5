import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepNames, keptNames } from './names.js';

const kept = new Map<string, string>();
beforeEach(() => {
  kept.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
});
afterEach(() => vi.unstubAllGlobals());

test('names are kept by world', () => {
  keepNames('coinrun', new Map([[3, 'jump']]));
  expect(keptNames('coinrun')).toEqual(new Map([[3, 'jump']]));
  expect(keptNames('other')).toEqual(new Map());
});

test.each(['{', 'null', '7', '[]', '{"x":"left","1":3,"2":"","3":"up"}', `{"3":"up${'!'.repeat(22)}more"}`])(
  'what somebody else wrote there does no harm: %s',
  (text) => {
    kept.set('snowglobe-codes-w', text);
    for (const [code, name] of keptNames('w')) {
      expect(code).toBe(3);
      expect(name).toMatch(/^up!*$/);
    }
    expect(keptNames('w').size).toBe(text.includes('"up') ? 1 : 0);
  },
);

test('where nothing can be kept, nothing is', () => {
  vi.stubGlobal('localStorage', undefined);
  keepNames('w', new Map([[1, 'up']]));
  expect(keptNames('w')).toEqual(new Map());
});
