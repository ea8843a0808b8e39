ALTER TABLE "tenant_configs"
  ADD COLUMN "is_public" BOOLEAN NOT NULL DEFAULT false,
  -- Whatever the platform keeps for itself, sealed passwords for one, is never shown to a tenant's people.
  ADD CONSTRAINT "tenant_configs_platform_is_private"
    CHECK (NOT "is_public" OR "config_key" NOT LIKE 'provisioning.%');
