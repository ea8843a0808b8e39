import type pg from 'pg';
import { grantRole } from '../db/role-sign-ins.ts';

/** A role that sessions sign in as, and the one whose privileges they have. */
interface SignIn {
  readonly signIn: string;
  readonly role: string;
}

/**
 * Applies whatever a server has to remember of a tenant's role, so that its sessions begin as they should. A dump
 * of the tenant's database contains none of it. Applied before, it changes nothing.
 */
export async function applyRoleSettings(client: pg.Client, { signIn, role }: SignIn): Promise<void> {
  if (signIn !== role) await grantRole(client, signIn, role);
}
