/*
 * Columns that a client leaves out of every row, so that no selection brings them along. Who checks a password or a
 * token names the column in SQL.
 */

/** Those of a tenant's database. */
export const tenantSecretColumns = {
  user: { passwordHash: true },
  passwordHistory: { passwordHash: true },
  refreshToken: { tokenHash: true },
} as const;

/** Those of the central database. What is stored of tenants' passwords is encrypted, or refers to Vault. */
export const centralSecretColumns = {
  manager: { passwordHash: true },
  managerPasswordHistory: { passwordHash: true },
  managerRefreshToken: { tokenHash: true },
} as const;
