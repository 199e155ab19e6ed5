/** Pictures that are dropped on the page, or pasted. */
export interface PictureListener {
  onPicture(picture: Blob): void;
  /** A replay was dropped or pasted, or what seems to be one. */
  onReplay(file: File): void;
  /** One was dropped at the foot of the page, where atlases go. */
  onAtlas(picture: File): void;
  /** Something is held over the page, or no longer. */
  onDropping(dropping: boolean): void;
  onError(message: string): void;
}

/** @returns what stops listening */
export function watchPictures(listener: PictureListener): () => void {
  // Moving over a child leaves its parent: only as many leaves as enters mean that it is gone.
  let depth = 0;
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  const leave = (): void => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) listener.onDropping(false);
  };
  const handlers: Partial<{ [K in keyof WindowEventMap]: (event: WindowEventMap[K]) => void }> = {
    dragenter: (event) => {
      if (!hasFiles(event)) return;
      depth++;
      listener.onDropping(true);
    },
    dragleave: (event) => {
      if (hasFiles(event)) leave();
    },
    dragover: (event) => {
      if (hasFiles(event)) event.preventDefault();
    },
    drop: (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      listener.onDropping(false);
      take(event.dataTransfer?.files, 'What was dropped', isAtFoot(event));
    },
    paste: (event) => {
      const target = event.composedPath()[0];
      if (target instanceof HTMLElement && target.matches('input, textarea')) return;
      take(event.clipboardData?.files, 'What was pasted');
    },
  };
  const take = (files: FileList | undefined, what: string, atFoot = false): void => {
    const picture = pictureOf(files ?? null);
    if (picture && isJson(picture)) listener.onReplay(picture);
    else if (picture && atFoot) listener.onAtlas(picture);
    else if (picture) listener.onPicture(picture);
    else listener.onError(`${what} holds no file; use a picture: PNG, JPEG, WebP or GIF.`);
  };
  for (const [type, handler] of Object.entries(handlers))
    window.addEventListener(type, handler as EventListener);
  return () => {
    for (const [type, handler] of Object.entries(handlers)) {
      window.removeEventListener(type, handler as EventListener);
    }
  };
}

const isJson = ({ name, type }: File): boolean => type === 'application/json' || /\.json$/i.test(name);

/** The share of the window, from below, in which a picture is dropped as an atlas. */
const footShare = 0.25;

const isAtFoot = ({ clientY }: DragEvent): boolean => clientY > innerHeight * (1 - footShare);

/** The first picture among files, else the first file, which then says of itself why it is none. */
export function pictureOf(files: FileList | null): File | undefined {
  const all = [...(files ?? [])];
  return all.find(({ type }) => type.startsWith('image/')) ?? all[0];
}
