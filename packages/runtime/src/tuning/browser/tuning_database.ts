import { createStore, get, set } from 'idb-keyval';
import type { TuningStore } from '../tuning.js';
import { parseTuning } from '../tuning.js';

/** Tunings in the page's IndexedDB, an entry an adapter. */
export function tuningDatabase(): TuningStore {
  const store = createStore('snowglobe-tuning', 'adapters');
  return {
    async load(device) {
      const value: unknown = await get(device.name, store);
      return value === undefined ? undefined : parseTuning(value, 'the tuning in IndexedDB', device);
    },
    save: (tuning) => set(tuning.adapter, tuning, store),
  };
}
