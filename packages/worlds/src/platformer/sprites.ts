/**
 * Pixel art, written as text: a character is a colour of the sprite's palette, `.` is see-through.
 * Heroes look to the right and stand on the bottom row.
 */

/** A hero's pictures, 8x8 each, and its colours. */
export interface Hero {
  readonly colours: Readonly<Record<string, string>>;
  readonly stand: readonly string[];
  /** Shown in turn while running. */
  readonly run: readonly (readonly string[])[];
  readonly jump: readonly string[];
}

const scout: Hero = {
  colours: { h: '#d8342c', s: '#ffd2a1', k: '#2a1a2e', b: '#2f6fd6', p: '#273a8c' },
  stand: ['..hhhh..', '.hhhhhhh', '.hssksk.', '.hsssss.', '..bbbb..', '.sbbbbs.', '..pppp..', '..kk.kk.'],
  run: [
    ['..hhhh..', '.hhhhhhh', '.hssksk.', '.hsssss.', '..bbbb..', 's.bbbbs.', '.pppppp.', '.k....kk'],
    ['..hhhh..', '.hhhhhhh', '.hssksk.', '.hsssss.', '..bbbb..', '..bsbb..', '..pppp..', '...kkk..'],
  ],
  jump: ['..hhhh..', '.hhhhhhh', '.hssksk.', 's.sssss.', '.sbbbb.s', '..bbbbs.', '.ppppp..', 'kk...kk.'],
};

const robot: Hero = {
  colours: { a: '#ff4fa0', m: '#dfe6ee', d: '#8793a8', e: '#16202e', w: '#4be3ff', k: '#343c4d' },
  stand: ['....a...', '..mmmmm.', '.mmeeeee', '.mmewewe', '.dmeeeee', '..dmmmm.', '..dmmmm.', '..kk.kk.'],
  run: [
    ['....a...', '..mmmmm.', '.mmeeeee', '.mmewewe', '.dmeeeee', '..dmmmm.', '..dmmmm.', '.kk...kk'],
    ['...a....', '..mmmmm.', '.mmeeeee', '.mmewewe', '.dmeeeee', '..dmmmm.', '..dmmmm.', '...kkk..'],
  ],
  jump: ['...a....', '..mmmmm.', '.mmeeeee', '.mmewewe', '.dmeeeee', 'd.dmmmmd', '..dmmmm.', '.kk..kk.'],
};

const frog: Hero = {
  colours: { g: '#6fd13f', d: '#3b8f2c', w: '#ffffff', k: '#14220f', y: '#e9f5a0' },
  stand: ['........', '..ww.ww.', '..wkgwk.', '.ggggggg', '.ggggggg', '.gyyyyyg', 'ggyyyygg', 'dd.dd.dd'],
  run: [
    ['..ww.ww.', '..wkgwk.', '.ggggggg', '.ggggggg', '.gyyyyyg', 'ggyyyyg.', 'd.dggd..', 'd..dd.dd'],
    ['........', '........', '..ww.ww.', '..wkgwk.', '.ggggggg', 'gggggggg', 'ggyyyyyg', 'ddd.dddd'],
  ],
  jump: ['..ww.ww.', '..wkgwk.', '.ggggggg', '.ggggggg', '.gyyyyyg', '.gyyyyg.', 'dd.gg.dd', 'd......d'],
};

export const heroes = { scout, robot, frog } as const satisfies Record<string, Hero>;
export type HeroName = keyof typeof heroes;
export const heroNames = Object.keys(heroes) as HeroName[];

/** A spinning coin, shown in turn. */
export const coin = {
  colours: { y: '#ffd83b', w: '#fff6b8', o: '#c8791a' },
  frames: [
    ['........', '..oooo..', '.oywwyo.', '.owyyyo.', '.owyyyo.', '.oyyyyo.', '..oooo..', '........'],
    ['........', '...oo...', '..oywo..', '..owyo..', '..owyo..', '..oyyo..', '...oo...', '........'],
    ['........', '...oo...', '...ow...', '...ow...', '...oy...', '...oy...', '...oo...', '........'],
    ['........', '...oo...', '..owyo..', '..oyyo..', '..oyyo..', '..oyyo..', '...oo...', '........'],
  ],
} as const;

/** Things that grow on the ground, 8x8, standing on the bottom row; the theme gives the colours a, b, c. */
export const decorations = {
  tuft: ['........', '........', '........', '........', '........', '.a....a.', '.ab.a.b.', '.bb.bbb.'],
  flower: ['........', '........', '........', '..c.....', '.cbc....', '..c..c..', '..a.cbc.', '..a..a..'],
  bush: ['........', '........', '........', '..aa....', '.abba.aa', 'abbbbabb', 'abbbbbbb', '.bbbbbb.'],
  cactus: ['........', '...ab...', '...ab.a.', '.a.ab.a.', '.a.abab.', '.abab...', '...ab...', '...ab...'],
  pine: ['...a....', '..aab...', '..abb...', '.aabbb..', '..abb...', '.aabbbb.', '...cc...', '...cc...'],
  stone: ['........', '........', '........', '........', '........', '..aab...', '.aabbb..', '.abbbbb.'],
  mushroom: ['........', '........', '........', '..aaa...', '.acaaca.', '.aaaaaa.', '...bb...', '...bb...'],
  crystal: ['........', '...c....', '..ca....', '..cab.c.', '..cabca.', '..cabcab', '..cabcab', '..abbab.'],
} as const;
export type DecorationName = keyof typeof decorations;
