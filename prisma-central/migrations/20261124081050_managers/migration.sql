-- CreateEnum
CREATE TYPE "provisioning_job_status" AS ENUM ('queued', 'running', 'succeeded', 'failed');

-- CreateTable
CREATE TABLE "managers" (
    "id" UUID NOT NULL,
    "username" VARCHAR(64) NOT NULL,
    "email" VARCHAR(254) NOT NULL,
    "password_hash" TEXT NOT NULL,
    "full_name" VARCHAR(128) NOT NULL,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "failed_login_attempts" INTEGER NOT NULL DEFAULT 0,
    "locked_until" TIMESTAMPTZ(3),
    "lock_count" INTEGER NOT NULL DEFAULT 0,
    "must_change_password" BOOLEAN NOT NULL DEFAULT false,
    "password_expires_at" TIMESTAMPTZ(3),
    "last_login_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "managers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "manager_sessions" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" VARCHAR(32),
    "user_agent" VARCHAR(256),
    "address" VARCHAR(64),

    CONSTRAINT "manager_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "manager_refresh_tokens" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "parent_id" UUID,
    "token_hash" CHAR(64) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "manager_refresh_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "manager_password_history" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "password_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "manager_password_history_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_log" (
    "id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "action" VARCHAR(64) NOT NULL,
    "entity_type" VARCHAR(64) NOT NULL,
    "entity_id" VARCHAR(64),
    "manager_id" UUID,
    "manager_username" VARCHAR(64),
    "tenant_key" VARCHAR(64),
    "changes" JSONB NOT NULL DEFAULT '{}',
    "request_id" VARCHAR(128),
    "address" VARCHAR(64),

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "login_addresses" (
    "address" VARCHAR(64) NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "lock_count" INTEGER NOT NULL DEFAULT 0,
    "locked_until" TIMESTAMPTZ(3),
    "last_failure_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "login_addresses_pkey" PRIMARY KEY ("address")
);

-- CreateTable
CREATE TABLE "provisioning_jobs" (
    "id" UUID NOT NULL,
    "tenant_key" VARCHAR(64) NOT NULL,
    "status" "provisioning_job_status" NOT NULL DEFAULT 'queued',
    "step" VARCHAR(32),
    "error" TEXT,
    "request" JSONB NOT NULL,
    "manager_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "provisioning_jobs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "managers_username_key" ON "managers"("username");

-- CreateIndex
CREATE UNIQUE INDEX "managers_email_key" ON "managers"("email");

-- CreateIndex
CREATE INDEX "manager_sessions_account_id_expires_at_idx" ON "manager_sessions"("account_id", "expires_at");

-- CreateIndex
CREATE INDEX "manager_refresh_tokens_session_id_idx" ON "manager_refresh_tokens"("session_id");

-- CreateIndex
CREATE INDEX "manager_refresh_tokens_parent_id_idx" ON "manager_refresh_tokens"("parent_id");

-- CreateIndex
CREATE INDEX "manager_password_history_account_id_created_at_idx" ON "manager_password_history"("account_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "audit_log_created_at_id_idx" ON "audit_log"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_log_tenant_key_idx" ON "audit_log"("tenant_key");

-- CreateIndex
CREATE INDEX "login_addresses_last_failure_at_idx" ON "login_addresses"("last_failure_at");

-- CreateIndex
CREATE INDEX "provisioning_jobs_status_idx" ON "provisioning_jobs"("status");

-- CreateIndex
CREATE INDEX "provisioning_jobs_created_at_id_idx" ON "provisioning_jobs"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "provisioning_jobs_unfinished_key" ON "provisioning_jobs"("tenant_key") WHERE ("finished_at" IS NULL);

-- AddForeignKey
ALTER TABLE "manager_sessions" ADD CONSTRAINT "manager_sessions_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "managers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "manager_refresh_tokens" ADD CONSTRAINT "manager_refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "manager_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "manager_password_history" ADD CONSTRAINT "manager_password_history_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "managers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The audit log is only ever added to, whoever tries.
CREATE FUNCTION "refuse_change" () RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Records of % are never changed or removed.', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "audit_log_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change" ();
