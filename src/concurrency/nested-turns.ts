import { createFairSlots, type FairSlots } from './fair-slots.ts';

/** A party that asks for a turn. */
export interface Party {
  /** The group that takes turns with others, e.g. a tenant. */
  readonly group: string;
  /** A member of the group: those who ask more often than others wait longer. */
  readonly member: string;
}

/** The limits of {@link createNestedTurns}. */
export interface NestedTurnLimits {
  /** The maximum concurrency. */
  readonly atOnce: number;
  readonly waitingOfMember: number;
  readonly waitingOfGroup: number;
  /** The maximum wait for a turn within the group, and again for a turn among the groups. */
  readonly waitMilliseconds: number;
}

/** Groups take turns round-robin, and so do the members of a group. */
export interface NestedTurns {
  /**
   * Runs `work` when the party's turn comes.
   * @throws {NoSlotError} when it doesn't come in time, or at once behind too many others.
   */
  run<T>(party: Party, work: () => Promise<T>): Promise<T>;
}

/** Creates nested turns: a member first waits for one of its group's slots, and then for a turn among all groups. */
export function createNestedTurns({
  atOnce,
  waitingOfMember,
  waitingOfGroup,
  waitMilliseconds,
}: NestedTurnLimits): NestedTurns {
  const turns = createFairSlots(atOnce);
  const groups = new Map<string, FairSlots>();

  function slotsOf(group: string): FairSlots {
    const known = groups.get(group);
    if (known) return known;
    const slots = createFairSlots(atOnce, waitingOfGroup);
    groups.set(group, slots);
    return slots;
  }

  function forgetIfIdle(group: string, slots: FairSlots): void {
    const { inUse, waiting } = slots.statistics();
    if (inUse === 0 && waiting === 0 && groups.get(group) === slots) groups.delete(group);
  }

  return {
    async run({ group, member }, work) {
      const request = { limit: atOnce, waitMilliseconds };
      const ownSlots = slotsOf(group);
      try {
        const leaveGroup = await ownSlots.acquire({
          ...request,
          group: member,
          waitingLimit: waitingOfMember,
        });
        try {
          const leave = await turns.acquire({ ...request, group });
          try {
            return await work();
          } finally {
            leave();
          }
        } finally {
          leaveGroup();
        }
      } finally {
        forgetIfIdle(group, ownSlots);
      }
    },
  };
}
