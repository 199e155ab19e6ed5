import type { VariableStore } from '@snowglobe/graph';

/** The stores of an executor that is wrapped: what they hold is in those of the one within. */
export class WrappedStores {
  readonly #inner = new WeakMap<VariableStore, VariableStore>();

  /** @param how what is done on the way to the store within */
  wrap(inner: VariableStore, how: Pick<VariableStore, 'read' | 'write'>): VariableStore {
    const store: VariableStore = {
      write: (...given) => how.write(...given),
      read: (name) => how.read(name),
      has: (name) => inner.has(name),
      spec: (name) => inner.spec(name),
      names: () => inner.names(),
      remove: (name) => inner.remove(name),
      close: () => inner.close(),
    };
    this.#inner.set(store, inner);
    return store;
  }

  /** The one within; undefined for a store of another executor. */
  within(store: VariableStore): VariableStore | undefined {
    return this.#inner.get(store);
  }
}
