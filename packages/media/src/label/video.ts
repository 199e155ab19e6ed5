import type { ContentLabel } from './content_label.js';
import { asciiJson, sourceTypeAddress } from './content_label.js';
import { xmpPacket } from './xmp.js';

/** A label as tags of a video by name: metadata keys (`mdta`) of MP4, simple tags of Matroska and WebM. */
export function videoTags({
  software,
  description,
  digitalSourceType,
  aigc,
}: ContentLabel): Readonly<Record<string, string>> {
  return {
    comment: description,
    software,
    ...(digitalSourceType && { DigitalSourceType: sourceTypeAddress(digitalSourceType) }),
    ...(aigc && { AIGC: asciiJson(aigc) }),
  };
}

/** The user type of a box that holds XMP (XMP specification, part 3, 1.1.2). */
const xmpBox = [
  0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac,
];

/** A label as a box of MP4 and QuickTime, which stands at the end of the file. */
export function mp4LabelBox(label: ContentLabel): Uint8Array<ArrayBuffer> {
  const packet = new TextEncoder().encode(xmpPacket(label));
  const box = new Uint8Array(8 + xmpBox.length + packet.length);
  new DataView(box.buffer).setUint32(0, box.length);
  box.set(new TextEncoder().encode('uuid'), 4);
  box.set(xmpBox, 8);
  box.set(packet, 8 + xmpBox.length);
  return box;
}
