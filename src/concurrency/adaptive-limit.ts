/** A limit that adapts to the delay of the event loop. */
export interface AdaptiveLimit {
  current(): number;
  /**
   * Adjusts the limit to an observed delay.
   * @param peak the highest concurrency since the last observation.
   * @param wanted whether the limit held anything back.
   */
  observe(delayMilliseconds: number, peak: number, wanted: boolean): void;
}

/** The bounds of {@link createAdaptiveLimit}. */
export interface AdaptiveLimitOptions {
  readonly targetMilliseconds: number;
  readonly floor: number;
  readonly ceiling: number;
}

/** The factor by which each observation above the target reduces the limit. */
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
      // Based on actual use: a limit that has not been reached for long says nothing about the loop's capacity.
      if (delayMilliseconds > targetMilliseconds) limit = Math.max(floor, Math.min(limit, peak) * decrease);
      else if (wanted) limit = Math.min(ceiling, limit + 1);
    },
  };
}
