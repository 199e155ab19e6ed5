/** Signs of life of this process that a wait takes. */
const ticks = 8;

/**
 * Calls back after so many milliseconds, unless it is stopped. What keeps this process busy is no silence of who is waited for: the wait is counted in ticks,
 * which come late then, and between two of them what has arrived is read.
 * @returns how to stop it
 */
export function afterSilence(ms: number, callback: () => void): () => void {
  let left = ticks;
  const timer = setInterval(() => {
    if (--left > 0) return;
    clearInterval(timer);
    callback();
  }, ms / ticks);
  return () => clearInterval(timer);
}
