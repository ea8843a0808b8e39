import { AppError } from './app-error.ts';
import { message } from './messages/message.ts';

/** The request needs a tenant, and its token names none. */
export class TenantRequiredError extends AppError<'TENANT_REQUIRED'> {
  readonly code = 'TENANT_REQUIRED';

  constructor() {
    super(message('tenant.required'), {});
  }
}

/** No tenant of that key is being served. */
export class TenantNotFoundError extends AppError<'TENANT_NOT_FOUND'> {
  readonly code = 'TENANT_NOT_FOUND';

  constructor() {
    super(message('tenant.notFound'), {});
  }
}

/** The tenant exists and is suspended. */
export class TenantSuspendedError extends AppError<'TENANT_SUSPENDED'> {
  readonly code = 'TENANT_SUSPENDED';

  constructor() {
    super(message('tenant.suspended'), {});
  }
}

/**
 * The tenant's own database does not answer, or takes no changes. Other tenants are not affected; try again later:
 * `details.retryAfter` says after how many seconds, when that is known.
 */
export class TenantUnavailableError extends AppError<'TENANT_UNAVAILABLE'> {
  readonly code = 'TENANT_UNAVAILABLE';

  constructor({ retryAfter, ...options }: ErrorOptions & { readonly retryAfter?: number } = {}) {
    const wait = retryAfter === undefined ? {} : { retryAfter };
    super(message('tenant.unavailable'), { retryable: true, ...wait }, options);
  }
}

/** Too many requests wait for the tenant's connections. `details.retryAfter` says for how many seconds to wait. */
export class TenantBusyError extends AppError<'TENANT_BUSY'> {
  readonly code = 'TENANT_BUSY';

  constructor(retryAfter: number, options?: ErrorOptions) {
    super(message('tenant.busy'), { retryAfter, retryable: true }, options);
  }
}

/** Where the tenant's database should be there is another one. Nothing was read from it; an operator has to look. */
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
