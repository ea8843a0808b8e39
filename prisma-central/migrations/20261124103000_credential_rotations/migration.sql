-- CreateTable
CREATE TABLE "credential_rotations" (
    "id" UUID NOT NULL,
    "tenant_id" INTEGER NOT NULL,
    "purpose" VARCHAR(16) NOT NULL,
    "from_role" VARCHAR(128) NOT NULL,
    "to_role" VARCHAR(128) NOT NULL,
    "password_encrypted" TEXT,
    "step" VARCHAR(16) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "credential_rotations_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "credential_rotations_unfinished_key" ON "credential_rotations"("tenant_id", "purpose") WHERE ("finished_at" IS NULL);

-- CreateIndex
CREATE INDEX "credential_rotations_tenant_id_purpose_finished_at_idx" ON "credential_rotations"("tenant_id", "purpose", "finished_at");

-- AddForeignKey
ALTER TABLE "credential_rotations" ADD CONSTRAINT "credential_rotations_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;
