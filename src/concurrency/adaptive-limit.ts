/** A number that follows how late the event loop is. */
export interface AdaptiveLimit {
  current(): number;
  /**
   * Learns how late the loop was.
   * @param peak the most that was under way at once since the last time.
   * @param wanted whether more would have been under way without the limit.
   */
  observe(delayMilliseconds: number, peak: number, wanted: boolean): void;
}

/** The bounds of {@link createAdaptiveLimit}. */
export interface AdaptiveLimitOptions {
  readonly targetMilliseconds: number;
  readonly floor: number;
  readonly ceiling: number;
}

/** The share of the limit that is left after each observation above the target. */
const decrease = 0.9;

/** Creates a limit that rises by one and falls by a tenth, as the windows of TCP do. It begins at its floor. */
export function createAdaptiveLimit({
  targetMilliseconds,
  floor,
  ceiling,
}: AdaptiveLimitOptions): AdaptiveLimit {
  let limit = floor;
  return {
    current: () => Math.floor(limit),
    observe(delayMilliseconds, peak, wanted) {
      // From what was used: a limit that nobody has reached for long says nothing of what the loop can bear.
      if (delayMilliseconds > targetMilliseconds) limit = Math.max(floor, Math.min(limit, peak) * decrease);
      else if (wanted) limit = Math.min(ceiling, limit + 1);
    },
  };
}
