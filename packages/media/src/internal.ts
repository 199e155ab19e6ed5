/** What other packages and apps of this repository use, and nobody else: it may change at any time. */
export { enlarge, readPicture } from './image.js';
export { parseEditedJson } from './json.js';
export { plainText, softwareName } from './label/content_label.js';
export { mp4LabelBox, videoTags } from './label/video.js';
export { packText, unpackText } from './packed_text.js';
