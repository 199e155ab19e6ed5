/**
 * Everything the root scripts of package.json do, from Node and npm alone: pnpm comes through npx, dependencies
 * are installed when the lockfile changed, packages are built when their sources changed, then the task runs.
 * Uses nothing but Node, because it runs before anything is installed.
 *
 * What is installed and built is reported on stderr, so that `npm run -s snowglobe` keeps stdout to itself.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const windows = process.platform === 'win32';
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const env = {
  ...process.env,
  // Absolute, because turbo looks pnpm up in PATH from inside each package.
  PATH: bin + delimiter + process.env.PATH,
  TURBO_TELEMETRY_DISABLED: '1',
  // No question about a missing terminal, no notice about a newer version.
  npm_config_update_notifier: 'false',
};

/**
 * Runs one command at the root of the repository and resolves to its exit code.
 * `output` says where its stdout goes: 'stdout', 'stderr', or 'quiet' (both streams, shown only if it fails).
 */
function run(command, args, { output = 'stdout', cwd = root, extraEnv = {} } = {}) {
  const stdio = {
    stdout: ['inherit', 'inherit', 'inherit'],
    stderr: ['inherit', process.stderr, 'inherit'],
    quiet: ['ignore', 'pipe', 'pipe'],
  }[output];
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio, env: { ...env, ...extraEnv }, shell: windows });
    const kept = [];
    child.stdout?.on('data', (chunk) => kept.push(chunk));
    child.stderr?.on('data', (chunk) => kept.push(chunk));
    // Ctrl-C reaches the child through the terminal; a signal sent to this process alone is passed on.
    const forward = () => child.kill('SIGTERM');
    const wait = () => process.stdin.isTTY || child.kill('SIGINT');
    process.on('SIGTERM', forward);
    process.on('SIGINT', wait);
    const end = (code) => {
      process.off('SIGTERM', forward);
      process.off('SIGINT', wait);
      resolve(code);
    };
    child.on('error', (error) => {
      console.error(`${command} did not start: ${error.message}`);
      end(1);
    });
    child.on('close', (code, signal) => {
      if (code !== 0 && kept.length > 0) process.stderr.write(Buffer.concat(kept));
      end(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Lockfile, workspace file and every package.json: what decides whether node_modules is up to date. */
function installFingerprint() {
  const hash = createHash('sha256')
    .update(process.version)
    .update(process.platform + process.arch);
  const manifests = ['packages', 'apps', 'examples'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name, 'package.json')),
  );
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests.sort()]) {
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** Installs exactly what the lockfile says, unless that is what is there already. */
async function install() {
  const stamp = join(root, 'node_modules', '.snowglobe-install');
  const fingerprint = installFingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return 0;
  console.error(`installing dependencies with ${packageManager}`);
  const code = await run('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], {
    output: 'stderr',
  });
  if (code !== 0) {
    console.error(
      'the install failed; if a package.json changed, run `npx --yes ' + packageManager + ' install`',
    );
    return code;
  }
  writeFileSync(`${stamp}.tmp`, fingerprint);
  renameSync(`${stamp}.tmp`, stamp);
  return 0;
}

/** Builds what is stale; turbo restores the rest from its cache. */
async function build(output) {
  const unbuilt = !existsSync(join(root, 'apps', 'cli', 'dist'));
  if (unbuilt && output === 'quiet') console.error('building');
  return run('turbo', ['run', 'build'], { output });
}

/** The checks of `npm run lint`, by name. */
const lintChecks = [
  ['formatting (npm run format)', 'prettier', ['--check', '--log-level', 'warn', '.']],
  [
    'imports between packages',
    'depcruise',
    ['--config', '.dependency-cruiser.cjs', 'packages', 'apps', 'examples'],
  ],
  ['unused files, exports and dependencies', 'knip', ['--no-progress']],
  ['promises that nobody awaits', 'eslint', ['packages', 'apps', 'examples']],
  ['lengths of files, circles of folders, exports of packages', 'node', ['scripts/structure.mjs']],
];

/**
 * Runs every check, also after one has failed, and returns the names of those that failed. `atOnce`: side by side, for those of
 * one thread each; what they say is shown where they fail.
 */
async function checks(list, { atOnce = false } = {}) {
  const failed = [];
  const codes = atOnce ? list.map(([, command, args]) => run(command, args, { output: 'quiet' })) : [];
  for (const [index, [name, command, args]] of list.entries()) {
    const code = await (codes[index] ?? run(command, args));
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`);
    if (code !== 0) failed.push(name);
  }
  return failed;
}

const typeChecks = [
  ['types of the packages', 'turbo', ['run', 'typecheck']],
  ['types of the root configuration', 'tsc', ['-p', 'tsconfig.json']],
];

/** Counts tests in vitest's report; a file that could not be loaded counts as one failure. */
function readCounts(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const broken = report.testResults.filter(
    (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Builds, lints, type-checks and tests; every part runs, and the last line counts the tests. */
async function test(args, extraEnv) {
  const failed = [];
  if ((await build('stdout')) !== 0) failed.push('build');
  failed.push(...(await checks(lintChecks, { atOnce: true })), ...(await checks(typeChecks)));
  // Minutes, so not in every run.
  if (extraEnv['SNOWGLOBE_LONG_TESTS'])
    failed.push(...(await checks([['public names (npm run docs)', 'typedoc', []]])));

  const report = join(root, '.cache', 'vitest.json');
  mkdirSync(join(root, '.cache'), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run('vitest', ['run', ...reporters, ...args], { extraEnv });
  if (code !== 0) failed.push('tests');

  console.log(failed.length === 0 ? 'all checks passed' : `failed: ${failed.join('; ')}`);
  if (!existsSync(report)) {
    console.log('vitest ended without a report');
    return code || 1;
  }
  const counts = readCounts(report);
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
  return failed.length === 0 ? 0 : 1;
}

/** The built command line, in the folder that npm was called from, so that paths mean what they say. */
async function snowglobe(args) {
  const code = await build('quiet');
  if (code !== 0) return code;
  const main = join(root, 'apps', 'cli', 'dist', 'main.js');
  return run(process.execPath, [main, ...args], { cwd: process.env.INIT_CWD ?? root });
}

/** The bench for browsers, at an address of this machine. */
async function benchPage(args) {
  const code = await build('quiet');
  return code || run('vite', ['preview', join(root, 'apps', 'bench'), ...args]);
}

/** The archive for machines without a network. */
async function pack(args) {
  const code = await build('quiet');
  return code || run(process.execPath, [join(root, 'scripts', 'pack.mjs'), ...args]);
}

const tasks = {
  bench: (args) => snowglobe(['bench', ...args]),
  'bench:page': benchPage,
  build: () => build('stdout'),
  coverage: (args) => run('vitest', ['run', '--coverage', ...args]),
  docs: (args) => run('typedoc', args),
  format: () => run('prettier', ['--write', '--log-level', 'warn', '.']),
  lint: async () => ((await checks(lintChecks, { atOnce: true })).length === 0 ? 0 : 1),
  // Without `--out` of one's own, a folder that git ignores.
  'build:site': (args) => snowglobe(['site', ...(args.includes('--out') ? [] : ['--out', 'site']), ...args]),
  pack,
  snowglobe,
  start: (args) => snowglobe(['play', ...args]),
  test: (args) => test(args, {}),
  'test:long': (args) => test(args, { SNOWGLOBE_LONG_TESTS: '1' }),
  typecheck: async () => ((await checks(typeChecks)).length === 0 ? 0 : 1),
};

const [name, ...args] = process.argv.slice(2);
const task = Object.hasOwn(tasks, name ?? '') ? tasks[name] : undefined;
if (!task) {
  console.error(`no task ${name ?? ''}; choose one of ${Object.keys(tasks).join(', ')}`);
  process.exit(2);
}
process.exitCode = (await install()) || (await task(args));
