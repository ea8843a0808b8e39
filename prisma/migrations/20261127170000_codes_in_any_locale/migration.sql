-- Whatever the locale of the server: in a Turkish one, a search for "design" would not find DESIGN. Equality stays as it
-- is, and with it what is unique.
ALTER TABLE "sys"."roles" ALTER COLUMN "code" SET DATA TYPE VARCHAR(64) COLLATE "und-x-icu";
ALTER TABLE "sys"."departments" ALTER COLUMN "code" SET DATA TYPE VARCHAR(64) COLLATE "und-x-icu";
ALTER TABLE "sys"."branches" ALTER COLUMN "code" SET DATA TYPE VARCHAR(64) COLLATE "und-x-icu";
