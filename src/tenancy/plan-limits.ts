import type { ConnectionLimits } from '../db/pool-settings.ts';

/** Each plan's limits of database use. */
export type PlanLimits = Readonly<Record<'starter' | 'pro' | 'enterprise', ConnectionLimits>>;

/** Returns what a tenant may take of its database. */
export type LimitsOf = (tenant: { readonly plan: string }) => ConnectionLimits;

/**
 * Creates the function that returns the limits of a tenant's plan. A plan that is not in the table gets the least.
 * @param poolSize no plan gets more connections than this.
 */
export function planLimiter(limits: PlanLimits, poolSize: number): LimitsOf {
  return ({ plan }) => {
    const { concurrency, statementTimeoutSeconds } = isPlan(limits, plan) ? limits[plan] : limits.starter;
    return { concurrency: Math.min(concurrency, poolSize), statementTimeoutSeconds };
  };
}

function isPlan(limits: PlanLimits, plan: string): plan is keyof PlanLimits {
  return Object.hasOwn(limits, plan);
}
