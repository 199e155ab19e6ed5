/** Programs that use the packages, checked as a project that installed them would: strict, declarations of libraries too. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../../../packages', import.meta.url));
const require = createRequire(import.meta.url);
const types = dirname(dirname(require.resolve('@types/node/package.json')));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-types-'));
  await mkdir(join(folder, 'node_modules/@snowglobe'), { recursive: true });
  for (const each of await readdir(packages)) {
    const manifest = await readFile(join(packages, each, 'package.json'), 'utf8').catch(() => undefined);
    if (manifest === undefined) continue;
    const { name } = JSON.parse(manifest) as { name: string };
    await symlink(join(packages, each), join(folder, 'node_modules', name));
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(folder, 'page.ts'),
    `import '@snowglobe/element';
import { openWorld } from '@snowglobe/runtime/browser';
const element = document.createElement('snow-globe');
element.src = 'world.safetensors';
element.seed = '7';
element.addEventListener('error', (event) => { const message: string = event.detail.message; console.log(message); });
element.addEventListener('progress', ({ detail }) => console.log(detail.what));
element.addEventListener('frame', ({ detail: { rgba } }) => console.log(rgba.length));
element.addEventListener('click', (event) => console.log(event.clientX));
element.addEventListener('of-my-own', () => undefined);
const image: HTMLImageElement = new Image();
await element.start(image);
await element.start(new URL('picture.png', location.href));
// @ts-expect-error: no picture
await element.start(7);
const html: HTMLElement = element;
const { world } = await openWorld('world.safetensors', { gpu: navigator.gpu });
export { html, world };
`,
  );
  await writeFile(
    join(folder, 'node.ts'),
    `import { openWorld } from '@snowglobe/runtime';
import { GraphBuilder } from '@snowglobe/graph';
export const world = openWorld('coinrun');
export const builder = new GraphBuilder();
`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

const pageLibraries = ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'];

const programs: [string, string, string[], string[]][] = [
  ['page', 'bundler', pageLibraries, []],
  ['node', 'node16', ['es2022'], ['node']],
];
if (process.env['SNOWGLOBE_LONG_TESTS'] === '1') {
  programs.push(['page', 'node16', pageLibraries, []], ['node', 'bundler', ['es2022'], ['node']]);
}

test.each(programs)(
  'a program for a %s, module resolution %s',
  async (name, moduleResolution, lib, wanted) => {
    const config = join(folder, `tsconfig.${name}.${moduleResolution}.json`);
    const module = moduleResolution === 'node16' ? 'node16' : 'esnext';
    const options = { strict: true, skipLibCheck: false, noEmit: true, target: 'es2022', typeRoots: [types] };
    await writeFile(
      config,
      JSON.stringify({
        compilerOptions: { ...options, lib, types: wanted, module, moduleResolution },
        files: [`${name}.ts`],
      }),
    );
    const { stdout } = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', config], {
      encoding: 'utf8',
      cwd: folder,
    });
    // Other libraries' declarations are theirs to mend.
    const errors = stdout.split('\n').filter((line) => /error TS/.test(line) && !/node_modules/.test(line));
    expect(errors).toEqual([]);
  },
);
