/** What a family finds out about recordings before a world is made of them. */
export interface Survey<Findings = unknown> {
  /** Whether they are of the kind that the family is for. */
  readonly suits: boolean;
  /** In a few words, for people: what was found, with figures. */
  readonly remark: string;
  /** Whether their actions can be found without labels; of families that always find some: absent. */
  readonly findsActions?: boolean;
  /** What `WorldFamily.fromPreset` needs to know; absent where no world of the family can be made of them. */
  readonly findings?: Findings;
}
