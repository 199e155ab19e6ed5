import { SnowglobeError } from '@snowglobe/graph';
import type { Recordings, WorldFamily } from '@snowglobe/model';
import { allFamilies, defaultFamily, familyNamed } from '@snowglobe/model';

/** The name that lets recordings decide. */
const anyFamily = 'auto';

/** Which family is asked for, and with which actions. */
export interface FamilyChoice {
  /** Of a family, or `anyFamily`. */
  readonly name: string;
  /** Families that need key logs are not chosen for latent ones. */
  readonly actions: 'latent' | 'true';
}

/** The family that recordings are made into, and why. */
export interface ChosenFamily {
  readonly family: WorldFamily;
  /** See `PresetOptions.findings`. */
  readonly findings?: unknown;
  /** Why this one, in a few words with figures; absent where nothing had to be found out. */
  readonly remark?: string;
}

/**
 * The families that recordings can be made into: the one that is asked for, or those that say of recordings whether they suit them, and
 * the default one at last.
 * @throws SnowglobeError for an unknown name
 */
export function possibleFamilies({ name, actions }: FamilyChoice): readonly WorldFamily[] {
  if (name !== anyFamily) return [familyNamed(name, 'train')];
  const asked = allFamilies().filter(
    ({ survey, findsActions }) => survey && (findsActions || actions === 'true'),
  );
  return [...asked, defaultFamily];
}

/**
 * The family of worlds that recordings are made into: the one that is asked for, or the first whose survey says that they suit it, else
 * the default one.
 * @throws SnowglobeError for an unknown name, and for recordings of which no world of the family that is asked for can be made
 */
export async function chooseFamily(data: Recordings, choice: FamilyChoice): Promise<ChosenFamily> {
  const possible = possibleFamilies(choice);
  if (possible.length === 1) {
    const settled = possible[0]!;
    const survey = await settled.survey?.(data);
    if (survey && survey.findings === undefined) {
      throw new SnowglobeError(
        `train: no world of the family '${settled.name}' can be made of these recordings (${survey.remark}); let them decide with --family ${anyFamily}.`,
      );
    }
    return { family: settled, ...(survey && { findings: survey.findings, remark: survey.remark }) };
  }
  let why = '';
  for (const family of possible.slice(0, -1)) {
    const { suits, remark, findings, findsActions } = await family.survey!(data);
    if (suits && choice.actions === 'latent' && findsActions === false) {
      why = `${remark}, but nothing tells actions apart in them`;
      continue;
    }
    if (suits) return { family, findings, remark: `family ${family.name}: ${remark}` };
    why = remark;
  }
  return { family: defaultFamily, remark: `family ${defaultFamily.name}: ${why}` };
}
