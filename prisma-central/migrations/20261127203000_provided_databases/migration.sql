ALTER TABLE "tenants"
  ADD COLUMN "db_is_provided" BOOLEAN NOT NULL DEFAULT false,
  -- Without an owner on record, migrate-all-tenants would make one.
  ADD CONSTRAINT "tenants_db_is_provided_owner"
    CHECK (NOT "db_is_provided" OR "db_owner_user" IS NOT NULL);
