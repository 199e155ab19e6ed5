import { defineConfig } from 'vite';

// Relative addresses: the page works in any folder of any host.
export default defineConfig({
  base: './',
  build: { target: 'es2023', outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 800 },
});
