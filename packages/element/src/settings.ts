import { playedFps } from '@snowglobe/runtime/internal/core';
import type { PropertyDeclarations } from 'lit';
import type { Written } from './attributes.js';
import { controlsOf, fileName, fpsOf, keymapOf, runOf, seedOf, temperatureOf, textOf } from './attributes.js';
import { TypedElement } from './typed_element.js';
import type { Keymap } from './key_bindings.js';
import type { Place } from './places.js';
import type { Prompt } from './prompt_image.js';

/** What a page says of a world, as attributes or properties; what makes no sense as a value is the default. */
export class Settings extends TypedElement {
  // As they are written, without a type: the setters below read them.
  static override readonly properties: PropertyDeclarations = {
    ...{ src: {}, server: {}, world: {}, prompt: {}, text: {}, skin: {}, producer: {} },
    ...{ seed: {}, fps: {}, run: {}, temperature: {}, keymap: {} },
    ...{
      controls: { converter: { fromAttribute: controlsOf } },
      legend: { type: Boolean },
      map: { type: Boolean },
      hud: { type: Boolean },
      badge: { type: Boolean },
    },
    paused: { type: Boolean, reflect: true },
  };

  /** Buttons on the picture, and the legend; `none`: keys are the page's own, too. */
  declare controls: boolean | 'none';
  /** What other keys than directions do. */
  declare legend: boolean;
  /** What the session remembers, where the world keeps a map. */
  declare map: boolean;
  /** The numbers that frames tell, where they tell any. */
  declare hud: boolean;
  /** A line on the picture that says that a model draws it. */
  declare badge: boolean;
  declare paused: boolean;

  constructor() {
    super();
    this.controls = false;
    this.legend = false;
    this.map = false;
    this.hud = false;
    this.badge = false;
    this.paused = false;
  }

  /** Frames a second of what the world was learned from; until it is open, as of a film. */
  protected get recordedFps(): number {
    return 24;
  }

  #src = '';
  #server = '';
  #world = '';
  #prompt: Prompt = '';
  #text = '';
  #skin: string | Blob = '';
  #producer = '';
  #seed = seedOf(undefined);
  #fps = fpsOf(undefined);
  #run = runOf(undefined);
  #temperature = temperatureOf(undefined);
  #keymap = keymapOf(undefined);

  /** Address of a world file, which is played in this page; empty where a server plays. */
  get src(): string {
    return this.#src;
  }
  set src(written: Written<string>) {
    this.#src = textOf(written);
  }
  /** Address of a server that plays (`ws:` or `wss:`); empty where the world is played in this page. */
  get server(): string {
    return this.#server;
  }
  set server(written: Written<string>) {
    this.#server = textOf(written);
  }
  /** Name of the world on the server. */
  get world(): string {
    return this.#world;
  }
  set world(written: Written<string>) {
    this.#world = textOf(written);
  }
  /** The first frame: an address, or a picture that the page has. */
  get prompt(): Prompt {
    return this.#prompt;
  }
  set prompt(written: Written<Prompt>) {
    this.#prompt = written ?? '';
  }
  /** What the first frame is to show, in a sentence, in worlds that know words; it takes the place of `prompt`. */
  get text(): string {
    return this.#text;
  }
  set text(written: Written<string>) {
    this.#text = textOf(written);
  }
  /** Other art: address or file of an atlas of the world, at any scale; empty: the world's own. */
  get skin(): string | Blob {
    return this.#skin;
  }
  set skin(written: Written<string | Blob>) {
    this.#skin = written instanceof Blob ? written : textOf(written);
  }
  /** Who answers for what is recorded here, as the files then say; empty: Snowglobe. */
  get producer(): string {
    return this.#producer;
  }
  set producer(written: Written<string>) {
    this.#producer = textOf(written);
  }
  /** Decides everything that is left to chance; default 0. */
  get seed(): number {
    return this.#seed;
  }
  set seed(written: Written<number>) {
    this.#seed = seedOf(written);
  }
  /** Frames a second; default those of the world. */
  get fps(): number {
    return this.#fps ?? playedFps(this.recordedFps);
  }
  set fps(written: Written<number>) {
    this.#fps = fpsOf(written);
  }
  /** Where the world runs; default `auto`, the fastest place. */
  get run(): Place | 'auto' {
    return this.#run;
  }
  set run(written: Written<Place | 'auto'>) {
    this.#run = runOf(written);
  }
  /** 0 always takes the likeliest, 1 what was learned; undefined: what the world says. */
  protected get worldName(): string {
    return this.world || fileName(this.src);
  }

  /** Of a session that begins. */
  protected get sampling(): { readonly seed: number; readonly temperature?: number } {
    return {
      seed: this.seed,
      ...(this.temperature !== undefined && { temperature: this.temperature }),
    };
  }

  get temperature(): number | undefined {
    return this.#temperature;
  }
  set temperature(written: Written<number>) {
    this.#temperature = temperatureOf(written);
  }
  /** Keys of the keyboard by what they do. */
  get keymap(): Keymap {
    return this.#keymap;
  }
  set keymap(written: Written<Keymap>) {
    // Pages write it again with every render; the same is no change, and no key that is held is let go.
    const keymap = keymapOf(written);
    if (JSON.stringify(keymap) !== JSON.stringify(this.#keymap)) this.#keymap = keymap;
  }
}
