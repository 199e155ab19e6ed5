/**
 * Puts a Redis server into Snowglobe's cache folder, for tests of sessions that outlive machines: `node scripts/redis.mjs`. Nothing is installed
 * and no service begins: apt downloads the packages, dpkg unpacks them. For Debian and Ubuntu; elsewhere, or where `redis-server` is at hand
 * already, it only says where that is.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache_folder.mjs';

const target = join(cacheFolder, 'redis');
const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

/** The server that lies here, with what it needs to start; undefined where there is none. */
function found() {
  const libraries = join(target, 'lib');
  const places = [
    ['redis-server', {}],
    [join(target, 'redis-server'), { LD_LIBRARY_PATH: libraries }],
  ];
  return places.find(
    ([path, env]) => spawnSync(path, ['--version'], { env: { ...process.env, ...env } }).status === 0,
  );
}

const work = mkdtempSync(join(tmpdir(), 'snowglobe-redis-'));
try {
  if (!found()) {
    // The server is a part of redis-tools.
    run('apt-get', ['download', 'redis-tools', 'libjemalloc2', 'liblzf1'], { cwd: work });
    const root = join(work, 'root');
    for (const name of readdirSync(work).filter((each) => each.endsWith('.deb'))) {
      run('dpkg', ['-x', join(work, name), root]);
    }
    rmSync(target, { recursive: true, force: true });
    mkdirSync(join(target, 'lib'), { recursive: true });
    cpSync(join(root, 'usr', 'bin', 'redis-check-rdb'), join(target, 'redis-server'), { dereference: true });
    const lib = join(root, 'usr', 'lib');
    for (const folder of readdirSync(lib).filter((name) => name.includes('linux'))) {
      for (const name of readdirSync(join(lib, folder)).filter((each) => each.includes('.so'))) {
        cpSync(join(lib, folder, name), join(target, 'lib', name), { dereference: true });
      }
    }
  }
  const server = found();
  if (!server) throw new Error('what was unpacked does not start; install redis-server, and run this again.');
  const [path, env] = server;
  console.log(JSON.stringify({ path, env }));
} catch (error) {
  console.error(`redis: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
