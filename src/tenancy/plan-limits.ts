import type { ConnectionLimits } from '../db/pool-settings.ts';

/** What each plan may take of its database. */
export type PlanLimits = Readonly<Record<'starter' | 'pro' | 'enterprise', ConnectionLimits>>;

/**
 * The limits of a plan. One that is not in the table gets the least.
 * @param poolSize no plan gets more connections than this.
 */
export function limitsOfPlan(limits: PlanLimits, plan: string, poolSize: number): ConnectionLimits {
  const { concurrency, statementTimeoutSeconds } = isPlan(limits, plan) ? limits[plan] : limits.starter;
  return { concurrency: Math.min(concurrency, poolSize), statementTimeoutSeconds };
}

function isPlan(limits: PlanLimits, plan: string): plan is keyof PlanLimits {
  return Object.hasOwn(limits, plan);
}
