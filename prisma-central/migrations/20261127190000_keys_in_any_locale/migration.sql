-- Whatever the locale of the server, and whatever version of it: what programs look up sorts by code points, so that
-- lists have the same order on every server, and no new version of libc or ICU makes a unique index miss a duplicate.
-- The tables are not rewritten; only these indexes are made anew.
ALTER TABLE "tenants"
    ALTER COLUMN "tenant_key" SET DATA TYPE VARCHAR(64) COLLATE "C",
    ALTER COLUMN "db_host" SET DATA TYPE VARCHAR(255) COLLATE "C",
    ALTER COLUMN "db_name" SET DATA TYPE VARCHAR(128) COLLATE "C";
ALTER TABLE "tenant_configs" ALTER COLUMN "config_key" SET DATA TYPE VARCHAR(128) COLLATE "C";
ALTER TABLE "credential_rotations" ALTER COLUMN "purpose" SET DATA TYPE VARCHAR(16) COLLATE "C";
ALTER TABLE "managers"
    ALTER COLUMN "username" SET DATA TYPE VARCHAR(64) COLLATE "C",
    ALTER COLUMN "email" SET DATA TYPE VARCHAR(254) COLLATE "C";
ALTER TABLE "manager_sign_in_sources" ALTER COLUMN "source" SET DATA TYPE VARCHAR(80) COLLATE "C";
ALTER TABLE "login_addresses" ALTER COLUMN "address" SET DATA TYPE VARCHAR(64) COLLATE "C";
ALTER TABLE "provisioning_jobs" ALTER COLUMN "tenant_key" SET DATA TYPE VARCHAR(64) COLLATE "C";
