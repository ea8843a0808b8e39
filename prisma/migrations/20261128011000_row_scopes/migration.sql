-- AlterTable
ALTER TABLE "sys"."role_permissions" ADD COLUMN "scope" VARCHAR(16) NOT NULL DEFAULT 'ALL';

ALTER TABLE "sys"."role_permissions"
  ADD CONSTRAINT "role_permissions_scope_check" CHECK ("scope" IN ('OWN', 'DEPARTMENT', 'ALL'));

SELECT "sys"."raise_data_version"();
