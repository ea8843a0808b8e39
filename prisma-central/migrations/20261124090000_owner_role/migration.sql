-- AlterTable
ALTER TABLE "tenants" ADD COLUMN     "db_owner_password_encrypted" TEXT,
ADD COLUMN     "db_owner_user" VARCHAR(128);
