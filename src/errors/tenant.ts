import { AppError } from './app-error.ts';
import { message } from './messages/message.ts';

/** The request needs a tenant, and its token names none. */
export class TenantRequiredError extends AppError {
  readonly code = 'TENANT_REQUIRED';

  constructor() {
    super(message('tenant.required'));
  }
}

/** No tenant of that key is being served. */
export class TenantNotFoundError extends AppError {
  readonly code = 'TENANT_NOT_FOUND';

  constructor() {
    super(message('tenant.notFound'));
  }
}

/** The tenant exists and is suspended. */
export class TenantSuspendedError extends AppError {
  readonly code = 'TENANT_SUSPENDED';

  constructor() {
    super(message('tenant.suspended'));
  }
}

/** The tenant's own database does not answer. Other tenants are not affected; try again later. */
export class TenantUnavailableError extends AppError {
  readonly code = 'TENANT_UNAVAILABLE';

  constructor(options?: ErrorOptions) {
    super(message('tenant.unavailable'), { retryable: true }, options);
  }
}
