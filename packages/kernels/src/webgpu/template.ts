/** What names in a template stand for: integers, or conditions as booleans. */
export type TemplateValues = Readonly<Record<string, number | string | boolean>>;

interface Block {
  readonly kind: 'for' | 'if';
  /** The loop's placeholder; empty for conditions. */
  readonly name: string;
  readonly value: string;
  readonly line: number;
  readonly body: (string | Block)[];
}

const directive = /^\s*\/\/:\s*(.*?)\s*$/;

/**
 * Writes out loops and conditions of a shader, so that what a thread holds lies in registers on every compiler: some keep
 * arrays that are indexed in a loop in memory. Lines between
 *
 *     //: for r in ROWS
 *     //: end
 *
 * are repeated with `$r` as 0, 1, … ROWS - 1, and `$(r+c)` as the sum of two of them; those between `//: if MASKED` (or `//: if not MASKED`) and `//: end` stay or
 * go. Both nest.
 *
 * @param values numbers and conditions by name; a number in place of a name stands for itself
 * @throws Error naming the line of an unknown name or of a block that does not end
 */
export function expandTemplate(body: string, values: TemplateValues): string {
  if (!body.includes('//:')) return body;
  return render(parse(body), values, new Map());
}

/**
 * Puts other files in place of the lines `//: include NAME`, so that shaders share what is the same in them.
 * @throws Error naming a part that is not there
 */
export function includeParts(body: string, parts: Readonly<Record<string, string>>): string {
  return body.replace(/^ *\/\/: include (\w+)\n/gm, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`template: there is no part ${name} to include`);
    return part;
  });
}

function parse(body: string): (string | Block)[] {
  const top: (string | Block)[] = [];
  const open: Block[] = [];
  body.split('\n').forEach((text, index) => {
    const line = index + 1;
    const target = open.at(-1)?.body ?? top;
    const command = directive.exec(text)?.[1];
    if (command === undefined) {
      target.push(text);
      return;
    }
    if (command === 'end') {
      if (!open.pop()) throw new Error(`template: 'end' on line ${line} ends nothing`);
      return;
    }
    const loop = /^for ([a-z]+) in (\w+)$/.exec(command);
    const condition = /^if ((?:not )?\w+)$/.exec(command);
    if (!loop && !condition) throw new Error(`template: line ${line} has no meaning: ${command}`);
    const block: Block = loop
      ? { kind: 'for', name: loop[1]!, value: loop[2]!, line, body: [] }
      : { kind: 'if', name: '', value: condition![1]!, line, body: [] };
    target.push(block);
    open.push(block);
  });
  const unended = open.at(-1);
  if (unended) throw new Error(`template: the block of line ${unended.line} does not end`);
  return top;
}

function render(
  parts: readonly (string | Block)[],
  values: TemplateValues,
  indices: ReadonlyMap<string, number>,
): string {
  const lines: string[] = [];
  for (const part of parts) {
    if (typeof part === 'string') {
      const sum = (all: string, one: string, other: string): string => {
        const [a, b] = [indices.get(one), indices.get(other)];
        return a === undefined || b === undefined ? all : String(a + b);
      };
      const text = part.replace(/\$\(([a-z]+)\+([a-z]+)\)/g, sum);
      lines.push(text.replace(/\$([a-z]+)/g, (all, name: string) => String(indices.get(name) ?? all)));
    } else if (part.kind === 'if') {
      const negated = part.value.startsWith('not ');
      const holds = Boolean(valueOf(negated ? part.value.slice(4) : part.value, values, part.line));
      if (holds !== negated) lines.push(render(part.body, values, indices));
    } else {
      const count = Number(valueOf(part.value, values, part.line));
      for (let i = 0; i < count; i++) {
        lines.push(render(part.body, values, new Map([...indices, [part.name, i]])));
      }
    }
  }
  return lines.join('\n');
}

function valueOf(name: string, values: TemplateValues, line: number): number | string | boolean {
  if (/^\d+$/.test(name)) return Number(name);
  const value = values[name];
  if (value === undefined) throw new Error(`template: line ${line} names ${name}, which has no value`);
  return value;
}
