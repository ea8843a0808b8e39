/**
 * Columns that clients omit from every row, so that no selection loads them. Code that checks a password or a token
 * names the column in SQL.
 */

/** Those of a tenant's database. */
export const tenantSecretColumns = {
  user: { passwordHash: true },
  employee: {
    birthDateSealed: true,
    personalPhoneSealed: true,
    homeAddressSealed: true,
    bankAccountSealed: true,
    residentNumberSealed: true,
  },
  passwordHistory: { passwordHash: true },
  refreshToken: { tokenHash: true },
} as const;

/** Those of the central database. Tenants' passwords are stored encrypted, or as references to Vault. */
export const centralSecretColumns = {
  manager: { passwordHash: true },
  managerPasswordHistory: { passwordHash: true },
  managerRefreshToken: { tokenHash: true },
} as const;
