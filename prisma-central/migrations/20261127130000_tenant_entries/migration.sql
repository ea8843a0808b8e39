-- CreateTable
CREATE TABLE "tenant_entries" (
    "id" UUID NOT NULL,
    "tenant_key" VARCHAR(64) NOT NULL,
    "manager_id" UUID NOT NULL,
    "manager_username" VARCHAR(64) NOT NULL,
    "reason" VARCHAR(500) NOT NULL,
    "request_id" VARCHAR(128) NOT NULL,
    "address" VARCHAR(64),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempted_at" TIMESTAMPTZ(3),

    CONSTRAINT "tenant_entries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "tenant_entries_attempted_at_idx" ON "tenant_entries"("attempted_at");
