/** The clock that players run by on a page. */
export const pageClock = {
  now: () => performance.now(),
  later: (callback: () => void, ms: number): (() => void) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
