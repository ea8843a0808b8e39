import { AppError } from './app-error.ts';
import { message } from './messages/message.ts';

/** The request needs a tenant, but its token names none. */
export class TenantRequiredError extends AppError<'TENANT_REQUIRED'> {
  readonly code = 'TENANT_REQUIRED';

  constructor() {
    super(message('tenant.required'), {});
  }
}

/** There is no active tenant with that key. */
export class TenantNotFoundError extends AppError<'TENANT_NOT_FOUND'> {
  readonly code = 'TENANT_NOT_FOUND';

  constructor() {
    super(message('tenant.notFound'), {});
  }
}

/** The tenant is suspended. */
export class TenantSuspendedError extends AppError<'TENANT_SUSPENDED'> {
  readonly code = 'TENANT_SUSPENDED';

  constructor() {
    super(message('tenant.suspended'), {});
  }
}

/**
 * The tenant's own database does not answer, or is read-only. Other tenants are not affected. `details.retryAfter`, if
 * known, is the number of seconds to wait before retrying.
 */
export class TenantUnavailableError extends AppError<'TENANT_UNAVAILABLE'> {
  readonly code = 'TENANT_UNAVAILABLE';

  constructor({ retryAfter, ...options }: ErrorOptions & { readonly retryAfter?: number } = {}) {
    const wait = retryAfter === undefined ? {} : { retryAfter };
    super(message('tenant.unavailable'), { retryable: true, ...wait }, options);
  }
}

/**
 * Too many requests are waiting for the tenant's connections. `details.retryAfter` is the number of seconds to wait.
 */
export class TenantBusyError extends AppError<'TENANT_BUSY'> {
  readonly code = 'TENANT_BUSY';

  constructor(retryAfter: number, options?: ErrorOptions) {
    super(message('tenant.busy'), { retryAfter, retryable: true }, options);
  }
}

/**
 * The database at the tenant's address is not the tenant's. Nothing was read from it; an operator has to investigate.
 */
export class TenantMismatchError extends AppError<'TENANT_MISMATCH'> {
  readonly code = 'TENANT_MISMATCH';

  constructor(options?: ErrorOptions) {
    super(message('tenant.mismatch'), { retryable: false }, options);
  }
}

/** The tenant's database lacks a migration that this version needs. An operator has to migrate it. */
export class TenantOutdatedError extends AppError<'TENANT_OUTDATED'> {
  readonly code = 'TENANT_OUTDATED';

  constructor(options?: ErrorOptions) {
    super(message('tenant.outdated'), { retryable: true }, options);
  }
}
