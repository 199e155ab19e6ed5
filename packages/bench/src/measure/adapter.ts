import type { OpenDevice } from '@snowglobe/runtime/core';
import { messageOf } from '@snowglobe/runtime/internal/core';
import type { Method } from './method.js';
import { chooseMethod } from './method.js';
import type { Roofline } from './roofline.js';
import { measureRoofline } from './roofline.js';

/** Steps of a clock that make a page's times coarse. */
const coarseNs = 1000;

/** What is measured of an adapter before its kernels are; `notes` gets what could not be. */
export async function measureAdapter(
  opened: OpenDevice,
  notes: string[],
): Promise<Method & { readonly roofline?: Roofline }> {
  const roofline = await measureRoofline(opened).catch((error: unknown) => {
    notes.push(`${messageOf(error)} There are no shares of a roofline.`);
    return undefined;
  });
  const method = await chooseMethod(opened);
  if (method.tickNs !== undefined && method.tickNs >= coarseNs) {
    notes.push(
      `The device's clock goes in steps of ${method.tickNs} ns: kernels are repeated until they last a hundred of them.`,
    );
  }
  return { ...method, ...(roofline && { roofline }) };
}
