import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defaultServerConditions, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

/** `import code from './matmul.wgsl'` gives the text. */
const wgsl: Plugin = {
  name: 'wgsl-text',
  enforce: 'pre',
  load(id) {
    if (!id.endsWith('.wgsl')) return null;
    this.addWatchFile(id);
    return `export default ${JSON.stringify(readFileSync(id, 'utf8'))};`;
  },
};

/** One project a package, named as the package is: `vitest run --project kernels`. */
const folders = ['packages', 'apps', 'examples'].flatMap((group) =>
  readdirSync(join(root, group))
    .map((name) => join(root, group, name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => {
      const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string };
      return { name: name.replace('@snowglobe/', ''), folder };
    }),
);

export default defineConfig({
  plugins: [wgsl],
  // Packages of this repository resolve to their sources, so tests never run against a stale build.
  resolve: { conditions: ['@snowglobe/source', ...defaultClientConditions] },
  ssr: { resolve: { conditions: ['@snowglobe/source', ...defaultServerConditions] } },
  test: {
    // A GPU instance keeps its process alive and a driver may crash it: every test file gets a process of its own.
    pool: 'forks',
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/testing/**', '**/*.d.ts'],
      reporter: ['text', 'text-summary'],
    },
    projects: folders.map(({ name, folder }) => ({
      extends: true as const,
      test: {
        name,
        root: folder,
        environment: 'node' as const,
        include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
        // A software GPU compiles shaders in seconds when the machine is busy.
        testTimeout: 90_000,
        hookTimeout: 60_000,
        // Browsers tell late what they do at once: a worker that computes is ended up to two seconds after it was told to.
        expect: { poll: { timeout: 20_000 } },
      },
    })),
  },
});
