import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { allFamilies, defaultFamily } from '../families/registry.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** What plays, trains, measures and shows worlds of any family. */
const above = [
  ...['runtime', 'train', 'quantize', 'eval', 'bench', 'server', 'element'].map(
    (name) => `packages/${name}/src`,
  ),
  ...['cli', 'demo', 'bench'].map((name) => `apps/${name}/src`),
];

/** Words that mean something else as well: what actions and read-outs are, everybody knows. */
const everybodys = ['actions', 'readouts'];

/** Lines that use a name for something that has nothing to do with a part of a world. */
const other: readonly { readonly file: RegExp; readonly line: RegExp; readonly why: string }[] = [
  {
    file: /./,
    line: /[dD]elta-?4|deltaPsnr4/,
    why: 'PSNR four frames on with and without the actions (Bruce et al. 2024)',
  },
  { file: /./, line: /prefers-reduced-motion/, why: 'what people ask of their system (CSS)' },
  {
    file: /^packages\/quantize\/src\/algorithms\/(gptq|statistics)\.ts$/,
    line: /\b(prior|priorOf|priorAfter|delta)\b/,
    why: 'a prior of mean squares, and differences of weights',
  },
];

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'testing' ? [] : filesIn(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

/** Code without its comments, line by line. */
const linesOf = (code: string): string[] =>
  code.replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/[^\n]*/g, (text) => text.replace(/[^\n]/g, '')).split('\n');

/** `motion`, `motionState`, `lastMotion`, 'motion/…', but not `promotion`. */
function asWord(name: string): RegExp {
  const capital = name[0]!.toUpperCase() + name.slice(1);
  return new RegExp(`(?<![A-Za-z])${name}(?![a-z])|(?<=[a-z]|\\b)${capital}(?![a-z])`);
}

it('no family and none of its parts is named above model', async () => {
  const names = new Set<string>();
  for (const family of allFamilies()) {
    names.add(family.name);
    const options = family.findsActions ? {} : { trueActions: 4 };
    const model = family.fromPreset(family.presets[0]!, { width: 64, height: 64, fps: 15 }, options);
    for (const { name } of (await model.training()).stages) names.add(name);
  }
  for (const name of everybodys) names.delete(name);
  expect([...names]).toEqual([
    'delta',
    'tokenizer',
    'motion',
    'prior',
    'dynamics',
    'patches',
    'adjacency',
    'movers',
  ]);
  const words = [...names].map((name) => [name, asWord(name)] as const);
  const found: string[] = [];
  let files = 0;
  for (const path of above.flatMap((folder) => filesIn(join(root, folder)))) {
    files++;
    const file = relative(root, path);
    linesOf(readFileSync(path, 'utf8')).forEach((line, i) => {
      const named = words.filter(([, word]) => word.test(line)).map(([name]) => name);
      const isOther = other.some((each) => each.file.test(file) && each.line.test(line));
      if (named.length > 0 && !isOther) found.push(`${file}:${i + 1}: ${named.join(', ')}: ${line.trim()}`);
    });
  }
  expect(files).toBeGreaterThan(200);
  expect(found).toEqual([]);
});

it('each family has a folder of its own', () => {
  const entries = readdirSync(join(root, 'packages/model/src/families'), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.sort()).toEqual(
    allFamilies()
      .map(({ name }) => name.replaceAll('-', '_'))
      .sort(),
  );
  expect(allFamilies()[0]).toBe(defaultFamily);
});
