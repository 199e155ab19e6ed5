import { defineConfig, type Options } from 'tsup';

/**
 * How every package is bundled: ESM for Node 20.19 and current browsers, `.wgsl` files inlined as text.
 * Dependencies stay imports; declarations come from `tsc -p tsconfig.build.json`, which knows `*.wgsl`.
 */
export function bundle(entry: string[], extra: Options = {}) {
  return defineConfig({
    entry,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    sourcemap: true,
    clean: true,
    silent: true,
    loader: { '.wgsl': 'text' },
    ...extra,
  });
}
