/**
 * Runs a TypeScript file straight from source: `node scripts/source.mjs apps/cli/src/main.ts ARGS`.
 * Packages resolve to their sources, `.ts` goes through tsx, `.wgsl` imports give text. Nothing is built.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { constants } from 'node:os';

const args = process.argv.slice(2);
if (args.length === 0) {
  console.error('usage: node scripts/source.mjs FILE.ts [ARGS]');
  process.exit(2);
}

const hooks = new URL('./wgsl-hooks.mjs', import.meta.url).href;
const register = `import { register } from 'node:module'; register(${JSON.stringify(hooks)});`;
const tsconfig = fileURLToPath(new URL('../tsconfig.base.json', import.meta.url));
const tsx = pathToFileURL(fileURLToPath(import.meta.resolve('tsx'))).href;

// `npm run source` changes to the root; paths mean what they say where npm was called.
const cwd = process.env.npm_lifecycle_event === 'source' ? process.env.INIT_CWD : undefined;

const child = spawn(
  process.execPath,
  [
    '--conditions=@snowglobe/source',
    '--enable-source-maps',
    '--import',
    tsx,
    '--import',
    `data:text/javascript,${encodeURIComponent(register)}`,
    ...args,
  ],
  { stdio: 'inherit', cwd, env: { ...process.env, TSX_TSCONFIG_PATH: tsconfig } },
);
// Ctrl-C reaches the child through the terminal; a signal sent to this process alone is passed on.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
