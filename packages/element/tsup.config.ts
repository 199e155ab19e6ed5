import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Options } from 'tsup';
import { bundle } from '../../tsup.base.js';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

const here = dirname(fileURLToPath(import.meta.url));
/** ONNX Runtime for the CPU: loaded when it is needed, so it lies beside the bundle and is no part of it. */
const onnxFiles = {
  'ort.wasm.min.mjs': 'ort.wasm.min.js',
  'ort-wasm-simd-threaded.mjs': 'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm': 'ort-wasm-simd-threaded.wasm',
};

/** A player never trains: the part of families that is loaded when they do stays out of the bundle, which cannot be split. */
const withoutTraining: Plugin = {
  name: 'without-training',
  setup(build) {
    const contents = `throw new Error('this bundle plays worlds and does not train them');`;
    build.onResolve({ filter: /\/training\/index\.js$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'without-training' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'without-training' }, () => ({ contents }));
  },
};

/**
 * One script tag, nothing to resolve: everything is bundled. From sources, so that the page's part holds only what a page
 * needs: it draws, and what computes is in the worker's.
 */
export default bundle(['src/snow-globe.ts', 'src/create_player.ts', 'src/worker.ts'], {
  platform: 'browser',
  noExternal: [/.*/],
  splitting: false,
  esbuildPlugins: [withoutTraining],
  minify: true,
  esbuildOptions(options) {
    options.conditions = ['@snowglobe/source'];
    options.inject = [join(here, 'src/no_page.ts')];
  },
  async onSuccess() {
    const from = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
    const to = join(here, 'dist', 'ort');
    mkdirSync(to, { recursive: true });
    for (const [name, as] of Object.entries(onnxFiles)) copyFileSync(join(from, name), join(to, as));
  },
});
