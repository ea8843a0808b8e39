ALTER TABLE "tenants"
  ADD COLUMN "db_sslmode" VARCHAR(16),
  ADD COLUMN "db_sslrootcert" VARCHAR(1024),
  ADD COLUMN "db_sslcert" VARCHAR(1024),
  ADD COLUMN "db_sslkey" VARCHAR(1024),
  ADD COLUMN "db_direct_host" VARCHAR(255),
  ADD COLUMN "db_direct_port" INTEGER,
  ADD CONSTRAINT "tenants_db_sslmode_known"
    CHECK ("db_sslmode" IN ('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full')),
  ADD CONSTRAINT "tenants_db_direct_complete"
    CHECK (("db_direct_host" IS NULL) = ("db_direct_port" IS NULL)),
  ADD CONSTRAINT "tenants_db_sslcert_complete"
    CHECK (("db_sslcert" IS NULL) = ("db_sslkey" IS NULL));
