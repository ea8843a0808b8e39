-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "hrm";

-- CreateEnum
CREATE TYPE "hrm"."asset_status" AS ENUM ('STORED', 'IN_USE', 'REPAIR', 'RETIRED');

-- CreateTable
CREATE TABLE "hrm"."assets" (
    "id" UUID NOT NULL,
    "code" VARCHAR(64) COLLATE "und-x-icu" NOT NULL,
    "name" VARCHAR(128) COLLATE "und-x-icu" NOT NULL,
    "serial_number" VARCHAR(128) COLLATE "und-x-icu",
    "note" VARCHAR(1024),
    "status" "hrm"."asset_status" NOT NULL DEFAULT 'STORED',
    "purchased_on" DATE,
    "price" DECIMAL(19,4),
    "warranty_months" INTEGER,
    "inventoried_at" TIMESTAMPTZ(3),
    "holder_id" UUID,
    "branch_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "assets_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "assets_code_live_key" ON "hrm"."assets"("code" COLLATE "C") WHERE ("deleted_at" IS NULL);

-- CreateIndex
CREATE INDEX "assets_live_order_idx" ON "hrm"."assets"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);

-- CreateIndex
CREATE INDEX "assets_holder_id_idx" ON "hrm"."assets"("holder_id");

-- CreateIndex
CREATE INDEX "assets_branch_id_idx" ON "hrm"."assets"("branch_id");

-- AddForeignKey
ALTER TABLE "hrm"."assets" ADD CONSTRAINT "assets_holder_id_fkey" FOREIGN KEY ("holder_id") REFERENCES "sys"."users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "hrm"."assets" ADD CONSTRAINT "assets_branch_id_fkey" FOREIGN KEY ("branch_id") REFERENCES "sys"."branches"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

SELECT "sys"."watch_changes"('"hrm"."assets"');

SELECT "sys"."raise_data_version"();
