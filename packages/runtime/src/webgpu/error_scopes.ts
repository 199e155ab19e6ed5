/** What a device may find wrong with calls, in the order in which scopes are opened. */
const filters = ['internal', 'out-of-memory', 'validation'] as const;

/**
 * Makes calls of a device and hears what it finds wrong with them: commands that are refused do nothing, and whoever does not
 * ask would time or read that nothing.
 *
 * @param work must not wait: scopes see every call that is made while they are open
 * @returns `result` of `work` at once; `fault`, the first complaint (`validation: …`), or undefined when there is none
 */
export function inErrorScopes<T>(
  device: GPUDevice,
  work: () => T,
): { readonly result: T; readonly fault: Promise<string | undefined> } {
  for (const filter of filters) device.pushErrorScope(filter);
  let faults: readonly Promise<GPUError | null>[] = [];
  try {
    const result = work();
    return { result, fault: Promise.resolve().then(() => firstOf(faults)) };
  } finally {
    faults = filters.map(() => device.popErrorScope());
    // Whoever `work` threw at does not wait for them.
    for (const each of faults) each.catch(() => undefined);
  }
}

async function firstOf(faults: readonly Promise<GPUError | null>[]): Promise<string | undefined> {
  // Popped in the reverse order.
  const errors = await Promise.all(faults);
  const at = errors.findIndex((error) => error !== null);
  return at < 0 ? undefined : `${filters[filters.length - 1 - at]}: ${errors[at]!.message.trim()}`;
}
