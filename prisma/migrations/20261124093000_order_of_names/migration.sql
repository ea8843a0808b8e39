-- Whatever the locale of the server: upper and lower case together, Hangul in its order. The names for programs keep
-- the database's own order, because unique indexes hang on it.
ALTER TABLE "sys"."users" ALTER COLUMN "full_name" SET DATA TYPE VARCHAR(128) COLLATE "und-x-icu";
ALTER TABLE "sys"."roles" ALTER COLUMN "name" SET DATA TYPE VARCHAR(128) COLLATE "und-x-icu";
ALTER TABLE "sys"."departments" ALTER COLUMN "name" SET DATA TYPE VARCHAR(128) COLLATE "und-x-icu";
ALTER TABLE "sys"."branches" ALTER COLUMN "name" SET DATA TYPE VARCHAR(128) COLLATE "und-x-icu";
