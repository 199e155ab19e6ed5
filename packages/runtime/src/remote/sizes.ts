/** How large things may be that a page and a world say to each other. Every limit of the wire follows from these. */

/** The longer side of a prompt at most, in pixels: larger pictures are scaled before they are sent. */
export const promptSide = 2048;
/** Requests that wait at a host; it refuses more, and `RemoteWorld` keeps them back. */
export const waitingRequests = 16;
/** Requests that a host answers with a refusal, beyond those that wait, before it ends a connection that floods it. */
export const refusedRequests = 112;
/** Characters of an action's name, of a world's name or address, of a variable's name, of a sentence, of what is to be seen. */
export const textLengths = { action: 64, world: 4096, variable: 256, sentence: 4000, text: 2000 } as const;

/** Bytes of the largest prompt, RGBA. */
const promptBytes = promptSide ** 2 * 4;
/** Bytes of a message around its pixels or state: names and numbers. */
const envelopeBytes = 2 ** 18;

/**
 * Bytes of the largest message that a host takes: a prompt, or a session that moves there with its state.
 * @param stateBytes of the largest of its worlds, see `WorldModel.stateBytes`
 */
export function messageBytes(stateBytes = 0): number {
  return Math.max(promptBytes, stateBytes) + envelopeBytes;
}

/**
 * What a message may consist of, on either side. The deepest one has a list of reports in an answer to `open`; the longest
 * list is that of a frame's codes, 4,096 positions of 16; the most fields are those of a state, of 64 layers and their like.
 */
export const shape = {
  depth: 6,
  elements: 65_536,
  fields: 1024,
  values: 100_000,
  textBytes: 4 * textLengths.world,
} as const;
