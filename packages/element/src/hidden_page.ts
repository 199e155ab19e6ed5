/** What stands still while nobody looks at the page. */
export interface Watched {
  isPlaying(): boolean;
  pause(): void;
  resume(): void;
}

/** A page that nobody looks at costs no power. */
export class HiddenPage {
  readonly #watched: Watched;
  #pausedIt = false;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  watch(): void {
    document.addEventListener('visibilitychange', this.#onChange);
  }

  leave(): void {
    document.removeEventListener('visibilitychange', this.#onChange);
  }

  readonly #onChange = (): void => {
    if (document.hidden && this.#watched.isPlaying()) {
      this.#pausedIt = true;
      this.#watched.pause();
    } else if (!document.hidden && this.#pausedIt) {
      this.#pausedIt = false;
      this.#watched.resume();
    }
  };
}
