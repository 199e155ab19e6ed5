import type { Reply, Request } from './protocol.js';

const begins = (request: Request): boolean =>
  request.type === 'start' || request.type === 'resume' || request.type === 'rejoin';

/** Counts the steps and ways back of a session that is kept whose answers have come, as `rejoin` names them. */
export class Answered {
  #count: number | undefined;
  /** Beginnings that are not answered: until then it is not known whose steps come next. */
  #beginning = 0;

  /** Undefined where no session is kept, or another one may be beginning. */
  get count(): number | undefined {
    return this.#beginning === 0 ? this.#count : undefined;
  }

  asked(request: Request): void {
    if (begins(request)) this.#beginning++;
  }

  /** @param answer undefined where none came */
  settled(request: Request, answer: Reply | undefined): void {
    if (begins(request)) this.#beginning--;
    if (answer?.type === 'playing') {
      const before = request.type === 'rejoin' ? request.answered : 0;
      this.#count = answer.kept ? before : undefined;
    } else if (answer?.type === 'frame' && this.#count !== undefined) this.#count++;
  }
}
