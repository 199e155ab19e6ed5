import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import sirv from 'sirv';
import { defineConfig, type Plugin } from 'vite';

const manifest = createRequire(import.meta.url).resolve('@snowglobe/element/package.json');
const elementFolder = join(dirname(manifest), 'dist');

/** The page uses the element as any page would: by a script tag, from a folder beside it. */
function elementBeside(): Plugin {
  return {
    name: 'element-beside',
    configureServer(server) {
      server.middlewares.use('/element', sirv(elementFolder, { dev: true }));
    },
    generateBundle() {
      for (const entry of readdirSync(elementFolder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || /\.(map|d\.ts)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const fileName = `element/${relative(elementFolder, path).split(sep).join('/')}`;
        this.emitFile({ type: 'asset', fileName, source: readFileSync(path) });
      }
    },
    transformIndexHtml: () => [
      { tag: 'script', attrs: { type: 'module', src: './element/snow-globe.js' }, injectTo: 'head' },
    ],
  };
}

// Relative addresses: the page works in any folder of any host.
export default defineConfig({
  base: './',
  plugins: [elementBeside()],
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    // The video encoder, which is loaded when a recording is made.
    chunkSizeWarningLimit: 800,
  },
  worker: { format: 'es' },
});
