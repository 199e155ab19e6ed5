import type { Frame, PromptImage, WorldInfo } from '@snowglobe/runtime/browser';
import { Art } from './art.js';
import { MapView } from './map_view.js';
import type { Player } from './player.js';
import { Screen } from './screen.js';

/** What is shown, where, and who hears of it. */
export interface PictureHost {
  /** Where the canvases stand. */
  root(): ParentNode;
  player(): Player | undefined;
  wantsMap(): boolean;
  onShown(frame: Frame): void;
}

/** What is seen of a world: its frames, in its own art or another, and the map of what its session remembers. */
export class Picture {
  readonly #host: PictureHost;
  readonly #art = new Art();
  readonly #map: MapView;
  #screen: Screen | undefined;

  constructor(host: PictureHost) {
    this.#host = host;
    this.#map = new MapView({
      world: () => (this.hasMap ? host.player()?.world : undefined),
      canvas: () => host.root().querySelector<HTMLCanvasElement>('[part=map]'),
      screen: () => host.root().querySelector<HTMLElement>('[part=screen]'),
    });
  }

  /** Whether there is a map, and it is wanted. */
  get hasMap(): boolean {
    return this.#host.wantsMap() && (this.#host.player()?.world.info.hasMap ?? false);
  }

  /** The frames of the session, as they are shown. */
  get frames(): readonly Frame[] {
    return this.#host.player()?.frames.map((frame) => this.#art.draw(frame)) ?? [];
  }

  /** The canvas is there. */
  open(): void {
    const frame = this.#host.root().querySelector('.frame')!;
    this.#screen = new Screen(frame.querySelector<HTMLCanvasElement>('[part=screen]')!, frame);
  }

  show(frame: Frame): void {
    const shown = this.#art.draw(frame);
    this.#screen?.show(shown);
    this.#map.look();
    this.#host.onShown(shown);
  }

  /**
   * A picture as the world would see it, as it would be shown.
   * @param imageFor the picture for a world
   * @throws Error before a world is open
   */
  async preview(imageFor: (world: WorldInfo) => PromptImage): Promise<Frame> {
    const world = this.#host.player()?.world;
    if (!world) throw new Error('preview: no world is open; wait for it to be ready.');
    return this.#art.draw(await world.preview(imageFor(world.info)));
  }

  /** The map may be another one, or wanted now. */
  look(): void {
    this.#map.look();
  }

  /**
   * Shows the world in other art, from the frame on that is shown.
   * @param atlas see `Settings.skin`
   * @throws SnowglobeError as `Art.use`
   */
  async dress(atlas: string | Blob): Promise<void> {
    const player = this.#host.player();
    const isNew = await this.#art.use(atlas, player?.world.info.tiles);
    const frame = player?.frames.at(-1);
    if (isNew && frame && player === this.#host.player()) this.show(frame);
  }
}
