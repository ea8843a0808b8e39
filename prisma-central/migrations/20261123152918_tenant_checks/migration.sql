-- What the Prisma schema language cannot say.

ALTER TABLE "tenants"
    ADD CONSTRAINT "tenants_is_active_follows_status" CHECK ("is_active" = ("status" = 'active')),
    ADD CONSTRAINT "tenants_tenant_key_format" CHECK ("tenant_key" ~ '^[a-z][a-z0-9_]{2,30}$'),
    ADD CONSTRAINT "tenants_db_port_range" CHECK ("db_port" BETWEEN 1 AND 65535),
    ADD CONSTRAINT "tenants_max_users_positive" CHECK ("max_users" > 0);
