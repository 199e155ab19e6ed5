/** What a server tells whoever runs it, for logs and metrics. Never a picture, a sentence of a player or a state. */

/** How a client speaks: MessagePack at `/play`, JSON at `/env`. */
export type Wire = 'play' | 'env';

/** Why somebody was refused: no place is free, too many of one address, a stranger's name or page, a prompt, another request. */
export type RefusalReason = 'places' | 'address' | 'stranger' | 'prompt' | 'request';

export type ServerEvent =
  /** A connection has got a place. Numbers count from 1 while the server runs. */
  | {
      readonly event: 'connected';
      readonly session: number;
      readonly wire: Wire;
      readonly address: string;
    }
  /** It plays a world from a prompt, or goes on with what was played elsewhere. */
  | { readonly event: 'started' | 'resumed'; readonly session: number; readonly world: string }
  /** A frame was drawn in `stepMs` and sent `answerMs` after it was asked for, in a world that shows one each `periodMs`. */
  | {
      readonly event: 'frame';
      readonly session: number;
      readonly world: string;
      readonly stepMs: number;
      readonly answerMs: number;
      readonly periodMs: number;
    }
  | {
      readonly event: 'refused';
      readonly reason: RefusalReason;
      readonly sentence: string;
      readonly address: string;
      readonly session?: number;
    }
  /** A device was lost or did not keep up, and the session went on elsewhere. */
  | { readonly event: 'moved'; readonly session: number; readonly kind: string; readonly device: string }
  | {
      readonly event: 'closed';
      readonly session: number;
      readonly world?: string;
      readonly seconds: number;
      readonly frames: number;
      /** Sent to the client, with all that WebSocket adds. */
      readonly bytes: number;
      readonly reason: string;
    }
  /** A failure that is no client's fault. */
  | { readonly event: 'fault'; readonly message: string };
