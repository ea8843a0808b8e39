-- AlterTable
ALTER TABLE "sys"."users" ADD COLUMN     "lock_count" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "must_change_password" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "password_expires_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "sys"."sessions" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" VARCHAR(32),
    "user_agent" VARCHAR(256),
    "address" VARCHAR(64),

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sys"."refresh_tokens" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "parent_id" UUID,
    "token_hash" CHAR(64) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sys"."password_history" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "password_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "password_history_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sys"."audit_log" (
    "id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "action" VARCHAR(64) NOT NULL,
    "entity_type" VARCHAR(64) NOT NULL,
    "entity_id" UUID,
    "user_id" UUID,
    "username" VARCHAR(64),
    "manager_id" UUID,
    "manager_username" VARCHAR(64),
    "changes" JSONB NOT NULL DEFAULT '{}',
    "request_id" VARCHAR(128),
    "address" VARCHAR(64),

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "sessions_account_id_expires_at_idx" ON "sys"."sessions"("account_id", "expires_at");

-- CreateIndex
CREATE INDEX "refresh_tokens_session_id_idx" ON "sys"."refresh_tokens"("session_id");

-- CreateIndex
CREATE INDEX "refresh_tokens_parent_id_idx" ON "sys"."refresh_tokens"("parent_id");

-- CreateIndex
CREATE INDEX "password_history_account_id_created_at_idx" ON "sys"."password_history"("account_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "audit_log_created_at_id_idx" ON "sys"."audit_log"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_log_entity_type_entity_id_idx" ON "sys"."audit_log"("entity_type", "entity_id");

-- CreateIndex
CREATE INDEX "audit_log_user_id_idx" ON "sys"."audit_log"("user_id");

-- AddForeignKey
ALTER TABLE "sys"."sessions" ADD CONSTRAINT "sessions_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "sys"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sys"."refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sys"."sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sys"."password_history" ADD CONSTRAINT "password_history_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "sys"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The audit log is only ever added to, whoever tries.
CREATE FUNCTION "sys"."refuse_change" () RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Records of % are never changed or removed.', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "audit_log_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "sys"."audit_log"
  FOR EACH STATEMENT EXECUTE FUNCTION "sys"."refuse_change" ();

-- Tenants that have been provisioned get the permission that came with the log; new ones are seeded with it.
INSERT INTO "sys"."permissions" ("id", "code", "resource", "action", "description")
SELECT gen_random_uuid(), 'audit:read', 'audit', 'read', 'See who has changed what.'
WHERE EXISTS (SELECT FROM "sys"."permissions");
INSERT INTO "sys"."role_permissions" ("id", "role_id", "permission_id")
SELECT gen_random_uuid(), "roles"."id", "permissions"."id"
FROM "sys"."roles" CROSS JOIN "sys"."permissions"
WHERE "roles"."code" = 'tenant_admin' AND "roles"."is_system_role" AND "roles"."deleted_at" IS NULL
  AND "permissions"."code" = 'audit:read' AND "permissions"."deleted_at" IS NULL;
