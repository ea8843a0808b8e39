CREATE TABLE "tenant_data_keys" (
    "tenant_id" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "key_encrypted" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenant_data_keys_pkey" PRIMARY KEY ("tenant_id", "version"),
    CONSTRAINT "tenant_data_keys_version_check" CHECK ("version" > 0)
);

ALTER TABLE "tenant_data_keys"
    ADD CONSTRAINT "tenant_data_keys_tenant_id_fkey"
    FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
