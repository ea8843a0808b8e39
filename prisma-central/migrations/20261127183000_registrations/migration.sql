-- Two central databases may have a tenant of the same key and id. This tells their roles apart on a server of both.
ALTER TABLE "tenants" ADD COLUMN "registration_id" UUID NOT NULL DEFAULT gen_random_uuid();
