-- CreateEnum
CREATE TYPE "tenant_status" AS ENUM ('provisioning', 'active', 'suspended', 'failed', 'archived');

-- CreateTable
CREATE TABLE "tenants" (
    "id" SERIAL NOT NULL,
    "tenant_key" VARCHAR(64) NOT NULL,
    "company_name" VARCHAR(255) NOT NULL,
    "db_host" VARCHAR(255) NOT NULL,
    "db_port" INTEGER NOT NULL DEFAULT 5432,
    "db_name" VARCHAR(128) NOT NULL,
    "db_user" VARCHAR(128) NOT NULL,
    "db_password_encrypted" TEXT NOT NULL,
    "is_active" BOOLEAN NOT NULL DEFAULT false,
    "status" "tenant_status" NOT NULL DEFAULT 'provisioning',
    "status_reason" TEXT,
    "provisioning_step" VARCHAR(32),
    "schema_version" VARCHAR(255),
    "plan" VARCHAR(50) NOT NULL DEFAULT 'starter',
    "max_users" INTEGER NOT NULL DEFAULT 50,
    "created_by" VARCHAR(255),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tenant_configs" (
    "id" SERIAL NOT NULL,
    "tenant_id" INTEGER NOT NULL,
    "config_key" VARCHAR(128) NOT NULL,
    "config_value" JSONB,

    CONSTRAINT "tenant_configs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "tenants_tenant_key_key" ON "tenants"("tenant_key");

-- CreateIndex
CREATE INDEX "tenants_status_tenant_key_idx" ON "tenants"("status", "tenant_key");

-- CreateIndex
CREATE INDEX "tenants_created_at_id_idx" ON "tenants"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "tenants_db_host_db_port_db_name_key" ON "tenants"("db_host", "db_port", "db_name");

-- CreateIndex
CREATE UNIQUE INDEX "tenant_configs_tenant_id_config_key_key" ON "tenant_configs"("tenant_id", "config_key");

-- AddForeignKey
ALTER TABLE "tenant_configs" ADD CONSTRAINT "tenant_configs_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;
