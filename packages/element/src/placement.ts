import type { RemoteWorld, WorldProgress } from '@snowglobe/runtime/browser';
import type { WorldPlaces } from './connect.js';
import { openInBest } from './open_in_best.js';
import type { Place, PlaceReport } from './places.js';
import type { Player } from './player.js';

/** What is to be opened, and who hears how that goes. */
export interface PlacementHost {
  readonly places: WorldPlaces;
  /** The only place that may be, or `auto`. */
  run(): Place | 'auto';
  createPlayer(world: RemoteWorld): Player;
  onProgress(progress: WorldProgress): void;
  /** The world is open, and may be played. */
  onOpen(player: Player, place: Place): void;
  /** The world runs in `place` now, or on another device there. */
  onPlace(place: Place): void;
  /** The session goes on in another place. */
  onMove(): void;
  /** Neither the place that was wanted nor another one will do. */
  onError(error: Error): void;
}

/** Where a world runs: opens it in the best place, takes its session to another, and goes on elsewhere when a place is lost. */
export class Placement {
  readonly #host: PlacementHost;
  #player: Player | undefined;
  #places: readonly PlaceReport[] = [];
  #place: Place | undefined;
  /** Ends what is being opened, or opens already. */
  #opening = new AbortController();
  #opened: Promise<void> | undefined;
  #moving = new AbortController();

  constructor(host: PlacementHost) {
    this.#host = host;
  }

  /** Of the world that is open. */
  get player(): Player | undefined {
    return this.#player;
  }

  /** Where the world can run, best first. */
  get places(): readonly PlaceReport[] {
    return this.#places;
  }

  /** Where it runs. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** Settles when the world is open, or cannot be opened; undefined where none is asked for. */
  get opened(): Promise<void> | undefined {
    return this.#opened;
  }

  /** Aborted when what is open, or is being opened, is wanted no more. */
  get signal(): AbortSignal {
    return this.#opening.signal;
  }

  /**
   * Opens the world in the best place, instead of what was open before.
   * @throws Error when no place can run it; not when nobody wants it any more
   */
  open(): Promise<void> {
    this.close();
    const { signal } = (this.#opening = new AbortController());
    return (this.#opened = this.#open(signal));
  }

  /** Ends the world, and whatever it runs on. */
  close(): void {
    this.#opening.abort();
    this.#moving.abort();
    this.#opened = undefined;
    this.#player?.close();
    this.#player = undefined;
  }

  /** Takes the session to the place that is wanted now. */
  move(): void {
    this.#moving.abort();
    const best = this.#places.find(({ available }) => available)?.run;
    const wanted = this.#host.run();
    const run = wanted === 'auto' ? best : wanted;
    if (run && run !== this.#place) void this.#moveTo(run);
  }

  async #open(signal: AbortSignal): Promise<void> {
    const found = await this.#host.places.find();
    if (signal.aborted) return;
    this.#places = found;
    try {
      const opened = await openInBest(found, this.#host.run(), (run) => this.#openAt(run, signal));
      if (signal.aborted) return opened.world.close();
      this.#places = opened.places;
      this.#player = this.#host.createPlayer(opened.world);
      this.#place = this.#placeOf(opened.run);
      this.#host.onOpen(this.#player, this.#place);
    } catch (error) {
      // Nobody waits for it any more.
      if (!signal.aborted) throw error;
    }
  }

  async #openAt(run: Place, signal: AbortSignal): Promise<RemoteWorld> {
    let world: RemoteWorld | undefined;
    const listeners = {
      onProgress: (progress: WorldProgress) => {
        if (!signal.aborted) this.#host.onProgress(progress);
      },
      onMoved: () => this.#arrive(run),
      onClosed: (reason: string) => {
        if (world && this.#player?.world === world) this.#onLost(run, reason);
      },
    };
    world = await this.#host.places.connect(run, listeners, signal);
    return world;
  }

  /** A server or worker that is gone: the session goes on in the next best place, if there is one. */
  #onLost(run: Place, reason: string): void {
    this.#places = this.#places.map((each) =>
      each.run === run ? { ...each, available: false, reason } : each,
    );
    const next = this.#places.find(({ available }) => available)?.run;
    if (next) void this.#moveTo(next);
    else this.#host.onError(new Error(`The connection to the world ended (${reason}); reload the page.`));
  }

  async #moveTo(run: Place): Promise<void> {
    this.#moving.abort();
    const { signal } = (this.#moving = new AbortController());
    const player = this.#player!;
    try {
      const world = await this.#openAt(run, signal);
      // What it does not go on in, it closes.
      if (!(await player.moveTo(world)) || player !== this.#player) return;
      this.#host.onMove();
      this.#arrive(run);
    } catch (error) {
      // Another place was chosen, or the world was closed, before this one was open.
      if (!signal.aborted) this.#host.onError(error as Error);
    }
  }

  /** Says where the world runs now. */
  #arrive(run: Place): void {
    this.#place = this.#placeOf(run);
    this.#host.onPlace(this.#place);
  }

  /** A worker whose GPU was lost may have gone on on the CPU. */
  #placeOf(run: Place): Place {
    const kind = this.#player?.world.info.executor.kind;
    return run === 'server' ? run : kind === 'webgpu' ? 'gpu' : 'cpu';
  }
}
