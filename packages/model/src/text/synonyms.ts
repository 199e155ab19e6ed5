/**
 * Words of plain English that a player may use for one another when a picture of a game is described, the usual ones first. A word that a
 * world has not learned is read as the first of its group that it has.
 */
const groups = `
lake water pond sea ocean pool river lagoon stream bay
beach sand shore coast desert seaside dune sandy
forest trees tree woods wood woodland grove jungle
mountain rocks stone rock mountains cliff hill boulder boulders cliffs hills stony rocky
tunnel path cave cavern passage corridor road way trail ground
meadow grassland grass field lawn pasture prairie plain plains
coal soot
iron ore metal
diamond gem jewel crystal diamonds
lava magma fire
workbench table bench desk
furnace oven stove kiln smelter
cow cattle cows bull ox calf livestock animal
zombie monster undead ghoul enemy
skeleton bones archer
sapling plant seedling sprout shoot bush
north top up above northern upper northwards
south bottom down below southern lower underneath beneath southwards
west left western leftwards lefthand
east right eastern rightwards righthand
ahead front forward straight
coin coins money gold
crate box boxes crates
platform ledge shelf platforms
door doors doorway entrance
gate portcullis gates
chest treasure trunk chests
key keys
torch lamp light torches lantern
stair stairs staircase steps
cellar dungeon basement vault
air jumping flying
1 single lone
2 couple pair both
3 several few
`;

const groupOf = new Map<string, readonly string[]>();
for (const line of groups.trim().split('\n')) {
  const words = line.split(' ');
  for (const word of words) if (!groupOf.has(word)) groupOf.set(word, words);
}

/** Other words for a word, the usual ones first; none where nobody knows any. */
export const synonymsOf = (word: string): readonly string[] => groupOf.get(word) ?? [];
