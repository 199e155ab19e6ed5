import type { Keymap, Place, Prompt, SnowGlobe, SnowGlobeEvents } from '@snowglobe/element';
import type { PromptImage, PromptSource } from '@snowglobe/runtime/browser';
import type { Catalog, CatalogWorld } from '@snowglobe/runtime/internal/core';
import { playedFps } from '@snowglobe/runtime/internal/core';
import type { TemplateResult } from 'lit';
import { LitElement, html, nothing } from 'lit';
import { renderAbout } from '../about/about.js';
import type { BesidePanel } from '../beside/panel.js';
import { renderBeside } from '../beside/show.js';
import { loadCatalog, playUrl, siteUrl } from '../catalog/catalog.js';
import type { ArtChoice } from '../controls/art.js';
import { renderArt, usualArt } from '../controls/art.js';
import { renderBar } from '../controls/bar.js';
import { keepHud, keptHud } from '../controls/kept_hud.js';
import { keepKeymap, keptKeymap, renderNameKeys } from '../controls/name_keys.js';
import { renderPlaces } from '../controls/places.js';
import { renderDevices } from '../devices/panel.js';
import '../draw/panel.js';
import type { DrawPanel } from '../draw/panel.js';
import { renderGallery } from '../gallery/gallery.js';
import { renderWorlds } from '../gallery/worlds.js';
import { GoalLog } from '../goals/goal_log.js';
import { renderGoals } from '../goals/goals.js';
import '../record/panel.js';
import type { RecordPanel } from '../record/panel.js';
import { castGlow } from './glow.js';
import { renderDrop, renderError } from './notices.js';
import '../events/panel.js';
import '../explore/panel.js';
import type { EventsPanel } from '../events/panel.js';
import '../words/panel.js';
import type { Drawing, WordsPanel } from '../words/panel.js';
import type { Walk } from '../walks/walk.js';
import { doAgain, walkOfAddress, walkOfFile } from '../walks/walk.js';
import { renderWalkLine } from '../walks/walk_line.js';
import { renderOwnPicture } from '../pictures/choose.js';
import { watchPictures } from '../pictures/own_pictures.js';
import { renderHeader } from './header.js';
import { restoreTheme } from './theme.js';

/** Of worlds that know no words or events, and until one is open. */
const none: readonly string[] = [];

/** The whole page. It draws into the document itself, so that one style sheet is enough. */
class SnowPage extends LitElement {
  static override readonly properties = {
    _catalog: { state: true },
    _world: { state: true },
    _prompt: { state: true },
    _error: { state: true },
    _seed: { state: true },
    _speed: { state: true },
    _run: { state: true },
    _dropping: { state: true },
    _keymap: { state: true },
    _art: { state: true },
    _map: { state: true },
    _hud: { state: true },
    _beside: { state: true },
  };
  declare protected _catalog: Catalog | undefined;
  declare protected _world: CatalogWorld | undefined;
  /** The prompt of the gallery that is being played. */
  declare protected _prompt: string | undefined;
  declare protected _error: string | undefined;
  declare protected _seed: number;
  /** As a multiple of the world's pace; 0: as fast as it goes. */
  declare protected _speed: number;
  declare protected _run: Place | 'auto';
  declare protected _dropping: boolean;
  declare protected _keymap: Keymap;
  declare protected _art: ArtChoice;
  /** Whether the map is shown, where the world keeps one. */
  declare protected _map: boolean;
  /** Whether the numbers that frames tell are shown. */
  declare protected _hud: boolean;
  /** Whether the game is shown beside the world that was learned of it. */
  declare protected _beside: boolean;
  #goals: GoalLog | undefined;
  /** Where the session's first frame comes from, for a link. */
  #from: PromptSource | undefined;
  /** A walk that begins when its world is open. */
  #walk: Walk | undefined;
  #stopWatching: (() => void) | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this._seed = 0;
    this._speed = 1;
    this._run = 'auto';
    this._dropping = false;
    this._keymap = {};
    this._art = '';
    this._map = true;
    this._hud = keptHud();
    this._beside = false;
    restoreTheme();
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    // What stands there until the script runs.
    if (!this.hasUpdated) this.replaceChildren();
    super.connectedCallback();
    void this.#loadCatalog();
    this.#stopWatching = watchPictures({
      onPicture: (picture) => void this.#start(picture),
      onReplay: (file) => void this.#load(file),
      onAtlas: (atlas) => this.#takeAtlas(atlas),
      onDropping: (dropping) => (this._dropping = dropping),
      onError: (message) => (this._error = message),
    });
    window.addEventListener('hashchange', this.#onAddress);
    // Frames a second and the like: often enough to be read.
    this.#ticker = setInterval(() => this.requestUpdate(), 500);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopWatching?.();
    window.removeEventListener('hashchange', this.#onAddress);
    clearInterval(this.#ticker);
  }

  get #globe(): SnowGlobe | null {
    return this.querySelector('snow-globe');
  }

  async #loadCatalog(): Promise<void> {
    try {
      this._catalog = await loadCatalog();
      this.#choose(this._catalog.worlds[0]);
      if (!this._world) this._error = 'This site has no worlds; train one with snowglobe train.';
      this.#onAddress();
    } catch (error) {
      this._error = (error as Error).message;
    }
  }

  #choose(world: CatalogWorld | undefined): void {
    this._world = world;
    this._prompt = world?.prompts[0]?.file;
    this.#from = world?.prompts[0] && { picture: world.prompts[0].name };
    this._keymap = world ? keptKeymap(world.name) : {};
    this._art = world ? usualArt(world) : '';
    this.#goals = undefined;
    this._beside = false;
    this.querySelector<WordsPanel>('words-panel')?.forget();
    this.querySelector<EventsPanel>('events-panel')?.forget();
  }

  /** Walks into a picture; the keys then go to the world. */
  async #start(prompt?: Prompt, { file, from }: { file?: string; from?: PromptSource } = {}): Promise<void> {
    const globe = this.#globe;
    if (!globe) return;
    try {
      await globe.start(prompt);
      if (prompt !== undefined) {
        this._prompt = file;
        this.#from = from;
      }
      this._error = undefined;
    } catch (error) {
      this._error = (error as Error).message;
    }
    globe.focus();
  }

  /** The address may lead to a walk; one that does not lead there says so, and the game goes on. */
  readonly #onAddress = (): void => void this.#follow(() => walkOfAddress(location.hash, this._catalog!));

  #load(file: File): Promise<void> {
    return this.#follow(() => walkOfFile(file, this._catalog!));
  }

  /** Opens the world of a walk, and does it again there. */
  async #follow(read: () => Walk | undefined | Promise<Walk>): Promise<void> {
    if (!this._catalog) return;
    try {
      const walk = await read();
      if (!walk) return;
      this.#walk = walk;
      if (walk.world !== this._world) this.#choose(walk.world);
      else if (this.#globe?.promptImage) await this.#doAgain();
    } catch (error) {
      this._error = (error as Error).message;
    }
  }

  async #doAgain(): Promise<void> {
    const walk = this.#walk;
    const globe = this.#globe;
    this.#walk = undefined;
    if (!walk || !globe) return;
    try {
      const { replay, from, doubt } = await doAgain(walk, globe);
      this._seed = replay.seed;
      this.#from = from;
      const named = from && 'picture' in from ? from.picture : undefined;
      this._prompt = walk.world.prompts.find(({ name }) => name === named)?.file;
      this._error = doubt;
    } catch (error) {
      this._error = (error as Error).message;
    }
    globe.focus();
  }

  readonly #onFrame = ({ detail }: SnowGlobeEvents['frame']): void => {
    this.querySelector<RecordPanel>('record-panel')?.add(detail);
    this.querySelector<BesidePanel>('beside-panel')?.add(detail);
    if (detail.told !== undefined) this.querySelector<EventsPanel>('events-panel')?.heard(detail.told);
    if (this.#goals?.add(detail)) this.requestUpdate();
    castGlow(this.querySelector<HTMLElement>('.stage'), detail);
  };

  readonly #onStart = (): void => {
    this.querySelector<RecordPanel>('record-panel')?.cut();
    this.#goals?.begin();
    void this.querySelector<BesidePanel>('beside-panel')?.begin();
    void this.#doAgain();
  };

  readonly #onReady = ({ detail: { tiles } }: SnowGlobeEvents['ready']): void => {
    const goals = this._world?.goals ?? [];
    this.#goals = tiles && goals.length > 0 ? new GoalLog(goals, tiles.columns) : undefined;
    this.requestUpdate();
  };

  #takeAtlas(atlas: File): void {
    if (this.#globe?.info?.tiles) this._art = atlas;
    else this._error = 'This world is painted and not made of tiles: it takes no atlas.';
  }

  readonly #refresh = (): void => this.requestUpdate();

  protected override render(): TemplateResult {
    return html`
      ${renderHeader(this.#refresh)}
      <main>
        ${renderError(this._error, () => (this._error = undefined))}
        <div class="layout">
          <section class="play" aria-label="The world">
            <div class=${`stage ${this._beside ? 'beside' : ''}`}>
              ${this.#renderGlobe()}
              ${this._beside ? renderBeside(this.#globe, this._world?.simulator, (level) => void this.#start(level)) : nothing}
            </div>
            ${renderWalkLine(this.#globe)} ${this.#renderBar()} ${this.#renderBelow()}
          </section>
          <aside aria-label="Pictures and recording">${this.#renderAside()}</aside>
        </div>
        ${this._world ? renderAbout(this._world, this.#globe?.keys ?? []) : nothing}
      </main>
      <draw-panel @walk=${this.#onDrawn}></draw-panel>
      ${this._dropping ? renderDrop(this.#globe?.info?.tiles !== undefined) : nothing}
    `;
  }

  #renderGlobe(): TemplateResult {
    const world = this._world;
    if (!world) return html`<div class="empty" aria-busy=${this._error === undefined}></div>`;
    const prompt = world.prompts[0];
    return html`<snow-globe
      src=${siteUrl(world.file)}
      world=${world.name}
      prompt=${prompt ? siteUrl(prompt.file) : ''}
      server=${this._catalog?.play === undefined ? '' : playUrl(this._catalog.play)}
      producer=${this._catalog?.producer ?? ''}
      ?badge=${this._catalog?.badge ?? false}
      .seed=${this._seed}
      .fps=${this._speed * playedFps(world.fps)}
      .run=${this._run}
      .keymap=${this._keymap}
      ?legend=${this.#globe?.hasNamedKeys ?? false}
      ?controls=${matchMedia('(pointer: coarse)').matches}
      .skin=${this._beside ? '' : this._art}
      ?map=${this._map}
      ?hud=${this._hud}
      @start=${this.#onStart}
      @frame=${this.#onFrame}
      @statechange=${this.#refresh}
      @placechange=${this.#refresh}
      @ready=${this.#onReady}
      @error=${({ detail }: SnowGlobeEvents['error']) => (this._error = detail.message)}
    ></snow-globe>`;
  }

  /** The games are no part of the page until somebody wants to see one. */
  async #setBeside(beside: boolean): Promise<void> {
    try {
      if (beside) await import('../beside/panel.js');
      this._beside = beside;
    } catch (error) {
      this._error = (error as Error).message;
    }
  }

  #renderBar(): TemplateResult {
    const globe = this.#globe;
    return html`${renderBar({
      globe,
      seed: this._seed,
      speed: this._speed,
      fps: playedFps(this._world?.fps ?? 24),
      onSeed: (seed) => {
        this._seed = seed;
        // The element learns of it with the next update.
        void this.updateComplete.then(() => this.#start());
      },
      onSpeed: (speed) => (this._speed = speed),
      onRestart: () => void this.#start(),
      map: globe?.info?.hasMap ? this._map : undefined,
      onMap: (map) => (this._map = map),
      hud: globe?.info?.readouts ? this._hud : undefined,
      onHud: (hud) => keepHud((this._hud = hud)),
      beside: globe?.info && this._world?.simulator ? this._beside : undefined,
      onBeside: (beside) => void this.#setBeside(beside),
    })}
    ${renderPlaces({
      globe,
      run: this._run,
      onRun: (run) => (this._run = run),
    })}`;
  }

  #renderAside(): TemplateResult {
    const world = this._world;
    const worlds = this._catalog?.worlds ?? [];
    return html`
      ${world ? renderWorlds(worlds, world, (each) => each.name !== world.name && this.#choose(each)) : nothing}
      <words-panel
        .globe=${this.#globe}
        .vocabulary=${this.#globe?.info?.vocabulary ?? none}
        @walk=${this.#onWords}
      ></words-panel>
      <events-panel .globe=${this.#globe} .events=${this.#globe?.info?.events ?? none}></events-panel>
      ${world ? renderGallery(world, this._prompt, this.#pick) : nothing}
      ${world ? this.#renderKeys(world) : nothing}
      <explore-panel
        .globe=${this.#globe}
        .world=${world?.name ?? ''}
        .codes=${this.#globe?.info?.codes ?? 0}
      ></explore-panel>
      ${renderDevices(this._catalog, this.#globe, world)}
      ${renderOwnPicture((picture) => void this.#start(picture), this.#openDraw)}
      <record-panel
        .globe=${this.#globe}
        .name=${world?.name ?? 'world'}
        .from=${this.#from}
        @load=${({ detail }: CustomEvent<File>) => void this.#load(detail)}
        ?ready=${this.#globe?.promptImage !== undefined}
      ></record-panel>
    `;
  }

  /** Of worlds of tiles: what can be reached in them, and their art. */
  #renderBelow(): TemplateResult | typeof nothing {
    const world = this._world;
    if (!world || !this.#globe?.info?.tiles) return nothing;
    return html`<div class="below">
      ${this.#goals ? renderGoals(this.#goals) : nothing}
      ${renderArt(world, this._art, (art) => (this._art = art))}
    </div>`;
  }

  #renderKeys(world: CatalogWorld): TemplateResult | typeof nothing {
    const globe = this.#globe;
    if (!globe?.info || globe.hasNamedKeys) return nothing;
    return renderNameKeys(globe, this._keymap, (keymap) => {
      this._keymap = keymap;
      keepKeymap(world.name, keymap);
    });
  }

  readonly #openDraw = (): void => {
    const globe = this.#globe;
    globe?.pause();
    const size = this._world ?? { width: 64, height: 64 };
    const tiles = globe?.info?.tiles;
    const tiled = tiles && { tiles, previewOf: (picture: PromptImage) => globe.preview(picture) };
    this.querySelector<DrawPanel>('draw-panel')?.open(size.width, size.height, globe?.promptImage, tiled);
  };

  readonly #onWords = ({ detail: { picture, from } }: CustomEvent<Drawing>): void =>
    void this.#start(picture, { from });

  readonly #pick = ({ file, name }: CatalogWorld['prompts'][number]): void =>
    void this.#start(siteUrl(file), { file, from: { picture: name } });

  readonly #onDrawn = ({ detail }: CustomEvent<Prompt | undefined>): void => {
    this.#globe?.play();
    if (detail) void this.#start(detail);
  };
}

customElements.define('snow-page', SnowPage);
