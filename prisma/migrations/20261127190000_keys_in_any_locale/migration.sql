-- Whatever the locale of the server, and whatever version of it: what programs look up sorts by code points, so that
-- lists have the same order on every server, and no new version of libc or ICU makes a unique index miss a duplicate.
-- The tables are not rewritten; only these indexes are made anew.
ALTER TABLE "sys"."users"
    ALTER COLUMN "username" SET DATA TYPE VARCHAR(64) COLLATE "C",
    ALTER COLUMN "email" SET DATA TYPE VARCHAR(254) COLLATE "C";
ALTER TABLE "sys"."permissions" ALTER COLUMN "code" SET DATA TYPE VARCHAR(64) COLLATE "C";
ALTER TABLE "sys"."sign_in_sources" ALTER COLUMN "source" SET DATA TYPE VARCHAR(80) COLLATE "C";

-- People search and sort by these codes, so the columns keep their collation.
DROP INDEX "sys"."roles_code_live_key";
CREATE UNIQUE INDEX "roles_code_live_key" ON "sys"."roles"("code" COLLATE "C") WHERE ("deleted_at" IS NULL);
DROP INDEX "sys"."departments_code_live_key";
CREATE UNIQUE INDEX "departments_code_live_key" ON "sys"."departments"("code" COLLATE "C") WHERE ("deleted_at" IS NULL);
DROP INDEX "sys"."branches_code_live_key";
CREATE UNIQUE INDEX "branches_code_live_key" ON "sys"."branches"("code" COLLATE "C") WHERE ("deleted_at" IS NULL);
