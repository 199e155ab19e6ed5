import type { ContentLabel } from './content_label.js';
import { asciiJson, sourceTypeAddress } from './content_label.js';

const namespaces = {
  xmp: 'http://ns.adobe.com/xap/1.0/',
  dc: 'http://purl.org/dc/elements/1.1/',
  Iptc4xmpExt: 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
  TC260: 'http://www.tc260.org.cn/ns/AIGC/1.0/',
};

/** A label as an XMP packet (ISO 16684-1) in UTF-8. */
export function xmpPacket({ software, description, digitalSourceType, model, aigc }: ContentLabel): string {
  const properties = [
    ['xmp:CreatorTool', software],
    ...(digitalSourceType
      ? [['Iptc4xmpExt:DigitalSourceType', sourceTypeAddress(digitalSourceType)] as const]
      : []),
    // IPTC Photo Metadata 2025.1
    ...(model === undefined ? [] : [['Iptc4xmpExt:AISystemUsed', model] as const]),
    ...(aigc ? [['TC260:AIGC', asciiJson(aigc)] as const] : []),
  ] as const;
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about=""',
    ...Object.entries(namespaces).map(([name, address]) => ` xmlns:${name}="${address}"`),
    ...properties.map(([name, value]) => ` ${name}="${escape(value)}"`),
    `><dc:description><rdf:Alt><rdf:li xml:lang="x-default">${escape(description)}</rdf:li></rdf:Alt></dc:description>`,
    '</rdf:Description></rdf:RDF></x:xmpmeta>',
    '<?xpacket end="w"?>',
  ].join('\n');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character]!);
