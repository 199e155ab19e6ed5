import type { RemoteWorld } from '@snowglobe/runtime/browser';
import type { Place, PlaceReport } from './places.js';

/**
 * Opens a world in the first place that can run it.
 *
 * @param places best first
 * @param wanted the only place that may be, or `auto`
 * @returns the places with what was learned about them
 * @throws Error with the reasons when there is none
 */
export async function openInBest(
  places: readonly PlaceReport[],
  wanted: Place | 'auto',
  open: (run: Place) => Promise<RemoteWorld>,
): Promise<{ readonly run: Place; readonly world: RemoteWorld; readonly places: readonly PlaceReport[] }> {
  const failures = new Map<Place, string>();
  const known = (): PlaceReport[] =>
    places.map((each) => {
      const reason = failures.get(each.run);
      return reason === undefined ? each : { ...each, available: false, reason };
    });
  for (const { run, available } of places) {
    if (wanted === 'auto' ? !available : run !== wanted) continue;
    try {
      return { run, world: await open(run), places: known() };
    } catch (error) {
      failures.set(run, (error as Error).message);
    }
  }
  const reasons =
    failures.size > 0 ? [...failures.values()] : places.map(({ run, reason }) => `${run}: ${reason}`);
  throw new Error(reasons.length > 1 ? `The world cannot run here. ${reasons.join(' ')}` : reasons[0]);
}
