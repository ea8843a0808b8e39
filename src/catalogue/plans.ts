import { z } from 'zod';

/** The plans of a tenant, as they are stored. */
export const tenantPlans = ['starter', 'pro', 'enterprise'] as const;

/** One plan. */
export type TenantPlan = (typeof tenantPlans)[number];

/** Checks that a text is the name of a plan. */
export const tenantPlanSchema = z.enum(tenantPlans);
