-- Whatever the locale of the server: in a Turkish one, a search for "istanbul" would not find ISTANBUL.
ALTER TABLE "tenants" ALTER COLUMN "company_name" SET DATA TYPE VARCHAR(255) COLLATE "und-x-icu";
