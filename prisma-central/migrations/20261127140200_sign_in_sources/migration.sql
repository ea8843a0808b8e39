-- AlterTable
ALTER TABLE "managers" ADD COLUMN     "last_failed_login_at" TIMESTAMPTZ(3),
ADD COLUMN     "sign_ins_under_way" TIMESTAMPTZ(3)[] DEFAULT ARRAY[]::TIMESTAMPTZ(3)[],
ADD COLUMN     "device_generation" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "login_addresses" ADD COLUMN     "under_way" TIMESTAMPTZ(3)[] DEFAULT ARRAY[]::TIMESTAMPTZ(3)[];

-- CreateTable
CREATE TABLE "manager_sign_in_sources" (
    "account_id" UUID NOT NULL,
    "source" VARCHAR(80) NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "last_failure_at" TIMESTAMPTZ(3),
    "locked_until" TIMESTAMPTZ(3),
    "lock_count" INTEGER NOT NULL DEFAULT 0,
    "under_way" TIMESTAMPTZ(3)[] DEFAULT ARRAY[]::TIMESTAMPTZ(3)[],

    CONSTRAINT "manager_sign_in_sources_pkey" PRIMARY KEY ("account_id", "source")
);

-- AddForeignKey
ALTER TABLE "manager_sign_in_sources" ADD CONSTRAINT "manager_sign_in_sources_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "managers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- When these locks ended, nobody knows any more: they count as forgotten.
UPDATE "managers" SET "lock_count" = 0, "failed_login_attempts" = 0
WHERE "locked_until" IS NULL AND ("lock_count" > 0 OR "failed_login_attempts" > 0);
