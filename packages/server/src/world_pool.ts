import { SnowglobeError } from '@snowglobe/graph';
import type {
  DeviceStatus,
  ExecutorReport,
  LocatedWorld,
  OpenWorldOptions,
  OpenedWorld,
} from '@snowglobe/runtime';
import { openWorld } from '@snowglobe/runtime';

type Opened = Omit<OpenedWorld, 'release'>;

/** The worlds of a server: each is opened when it is first asked for, and shared by all who play it. */
export class WorldPool {
  readonly #worlds: ReadonlyMap<string, LocatedWorld>;
  readonly #options: OpenWorldOptions;
  readonly #open = new Map<string, Promise<Opened>>();
  readonly #opened = new Map<string, Opened>();
  #closed = false;

  constructor(worlds: readonly LocatedWorld[], options: OpenWorldOptions) {
    this.#worlds = new Map(worlds.map((world) => [world.entry.name, world]));
    this.#options = options;
  }

  /** In the order in which they were given. */
  get names(): readonly string[] {
    return [...this.#worlds.keys()];
  }

  /** Paths of a world's own prompts; none where there is no such world. */
  promptsOf(name: string): readonly string[] {
    return this.#worlds.get(name)?.prompts ?? [];
  }

  /** Bytes of the largest state of a session in any of them. */
  get stateBytes(): number {
    return Math.max(0, ...[...this.#worlds.values()].map(({ stateBytes }) => stateBytes));
  }

  /** The devices of each world that is open, by its name. */
  devices(): readonly (readonly [world: string, devices: readonly DeviceStatus[]])[] {
    return [...this.#opened].map(([name, { world }]) => [name, world.devices()]);
  }

  /** @throws SnowglobeError when there is no such world, or it cannot be opened */
  get(name: string): Promise<Opened> {
    if (this.#closed) return Promise.reject(new SnowglobeError('world: this server is ending; try another.'));
    const located = this.#worlds.get(name);
    if (!located) {
      const names = [...this.#worlds.keys()].join(', ');
      return Promise.reject(
        new SnowglobeError(`world: this server has no '${name.slice(0, 80)}'; it has ${names || 'none'}.`),
      );
    }
    let opening = this.#open.get(name);
    if (!opening) {
      opening = this.#openWorld(located.path);
      this.#open.set(name, opening);
      opening.then(
        (opened) => this.#opened.set(name, opened),
        // What failed once may work when it is asked for again.
        () => this.#open.delete(name),
      );
    }
    return opening;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opened = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    this.#opened.clear();
    await Promise.all(
      opened.map((each) => (each.status === 'fulfilled' ? each.value.world.close() : undefined)),
    );
  }

  async #openWorld(path: string): Promise<Opened> {
    const world = await openWorld(path, this.#options);
    const report: ExecutorReport = {
      ...{ kind: world.executor.kind, device: world.executor.device },
      ...{ available: true, chosen: true, reason: 'runs on the server' },
    };
    return { world, executors: [report] };
  }
}
