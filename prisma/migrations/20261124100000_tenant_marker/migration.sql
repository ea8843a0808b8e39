-- CreateTable
CREATE TABLE "sys"."tenant_marker" (
    "single" BOOLEAN NOT NULL DEFAULT true,
    "tenant_id" INTEGER NOT NULL,
    "tenant_key" VARCHAR(64) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenant_marker_pkey" PRIMARY KEY ("single")
);

-- A database belongs to one tenant.
ALTER TABLE "sys"."tenant_marker" ADD CONSTRAINT "tenant_marker_single_check" CHECK ("single");
