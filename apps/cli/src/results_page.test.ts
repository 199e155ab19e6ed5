import { expect, it } from 'vitest';
import { parsePublished, resultsPage } from './results_page.js';

const provenance = {
  ...{
    command: 'snowglobe train',
    seeds: [1],
    hours: 2,
    machine: 'two cores',
    data: '40 clips',
    licences: ['CC0'],
  },
};
const figures = [
  { name: 'held', title: 'walks that hold | for long', value: 0.9375, unit: 'share' as const, of: 16 },
  { name: 'kinds', title: 'kinds', value: 0.1234567, game: 0.08, unit: '' as const },
  { name: 'melts', title: 'melts', value: 132, unit: 'frames' as const },
];

it('shows what a file says, in tables whose columns are aligned', async () => {
  const measurements = {
    long: { recordings: 'test', starts: 16, frames: 3600, seed: 0, temperature: 1, figures },
  };
  const metadata = { actionNames: ['none'], provenance, evaluation: { deltaPsnr4: 4.193135 }, measurements };
  const others = parsePublished(
    [{ system: 'A', measure: 'm', value: '1', conditions: 'c', source: 'https://example.org/a' }],
    'p.json',
  );
  const page = await resultsPage([{ name: 'w', bytes: 3.9e6, parameters: 950_000, metadata }], others, 'x');
  expect(page).toContain('## w\n\n3.9 MB, 0.95 million parameters; 2 hours on two cores.');
  expect(page).toContain('On test: 16 walks of 3600 frames, temperature 1, seed 0.');
  expect(page).toContain('| walks that hold \\| for long | 93.8 %     |        | 16  |');
  expect(page).toContain('| `deltaPsnr4`     | 4.1931 |');
  expect(page).toContain('<https://example.org/a>');
  const bars = page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.length);
  expect(new Set(bars).size).toBe(3);
});

it('a list of published figures is checked', () => {
  expect(() => parsePublished([{ system: 'A' }], 'p.json')).toThrow(/p\.json: .*measure.*mend the list/);
  expect(() => parsePublished({}, 'p.json')).toThrow(/p\.json/);
});
