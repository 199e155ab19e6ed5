/** What is played in: the true game, where Python has it, or the world itself. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** @import { SavedEnv, WorldEnv } from '@snowglobe/runtime' */
/**
 * @typedef {object} Seen
 * @property {number} wood
 * @property {boolean} done
 * @property {(dreams: WorldEnv, seed: number) => Promise<unknown>} dream puts all dreams where the game is
 */
/**
 * @typedef {object} Game
 * @property {(level: number) => Promise<Seen>} begin
 * @property {(action: string) => Promise<Seen>} step
 * @property {() => Promise<void>} close
 */

/**
 * The game itself. Dreams begin with the picture that it shows, and know nothing of what it showed before.
 * @param {string} python
 * @returns {Game}
 */
export function trueGame(python) {
  const script = fileURLToPath(new URL('crafter_game.py', import.meta.url));
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${python} ended with code ${code}; is crafter installed there?`)),
    );
  });
  ended.catch(() => {});
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  /** @param {object} request @returns {Promise<Seen>} */
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await Promise.race([lines.next(), ended]);
    const { width, height, rgb, has, done } = JSON.parse(/** @type {IteratorResult<string>} */ (line).value);
    const prompt = { width, height, data: new Uint8Array(Buffer.from(rgb, 'base64')) };
    return {
      ...{ wood: has.wood, done },
      dream: (dreams, seed) => dreams.reset({ seed, options: { prompt } }),
    };
  };
  return {
    begin: (level) => ask({ level }),
    step: (action) => ask({ action }),
    close: async () => void child.stdin.end(),
  };
}

/**
 * The world: dreams go on where it is, and remember what it remembers.
 * @param {WorldEnv} env of one environment
 * @returns {Game}
 */
export function dreamedGame(env) {
  /** @param {boolean} done @returns {Promise<Seen>} */
  const seen = async (done) => ({
    ...{ wood: env.render()[0]?.readouts?.['wood'] ?? 0, done },
    dream: async (dreams, seed) => {
      const [saved] = await env.save();
      const all = Array.from({ length: dreams.numEnvs }, () => /** @type {SavedEnv} */ (saved));
      return dreams.load(all, undefined, { seed });
    },
  });
  return {
    async begin(level) {
      await env.reset({ seed: level });
      return seen(false);
    },
    async step(action) {
      const { terminations } = await env.step([action]);
      return seen(terminations[0] === 1);
    },
    close: () => env.close(),
  };
}
