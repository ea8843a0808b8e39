import { AppError } from './app-error.ts';

/** The request needs a tenant, and its token names none. */
export class TenantRequiredError extends AppError {
  readonly code = 'TENANT_REQUIRED';

  constructor() {
    super('This needs a tenant, and your token names none.');
  }
}

/** No tenant of that key is being served. */
export class TenantNotFoundError extends AppError {
  readonly code = 'TENANT_NOT_FOUND';

  constructor() {
    super('The tenant does not exist.');
  }
}

/** The tenant exists and is suspended. */
export class TenantSuspendedError extends AppError {
  readonly code = 'TENANT_SUSPENDED';

  constructor() {
    super('The tenant is suspended.');
  }
}

/** The tenant's own database does not answer. Other tenants are not affected; try again later. */
export class TenantUnavailableError extends AppError {
  readonly code = 'TENANT_UNAVAILABLE';

  constructor(options?: ErrorOptions) {
    super("The tenant's database is not available right now. Try again later.", { retryable: true }, options);
  }
}
