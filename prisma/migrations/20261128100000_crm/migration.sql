CREATE SCHEMA IF NOT EXISTS "crm";

CREATE TYPE "crm"."customer_kind" AS ENUM ('COMPANY', 'PERSON');
CREATE TYPE "crm"."customer_size" AS ENUM ('MICRO', 'SMALL', 'MEDIUM', 'LARGE');
CREATE TYPE "crm"."customer_status" AS ENUM ('LEAD', 'ACTIVE', 'DORMANT', 'LOST');
CREATE TYPE "crm"."stage_outcome" AS ENUM ('OPEN', 'WON', 'LOST');
CREATE TYPE "crm"."activity_kind" AS ENUM ('CALL', 'MEETING', 'MAIL', 'TASK', 'NOTE');

CREATE TABLE "crm"."customers" (
    "id" UUID NOT NULL,
    "code" VARCHAR(64) COLLATE "und-x-icu" NOT NULL,
    "name" VARCHAR(128) COLLATE "und-x-icu" NOT NULL,
    "kind" "crm"."customer_kind" NOT NULL DEFAULT 'COMPANY',
    "business_number" VARCHAR(10) COLLATE "und-x-icu",
    "phone" VARCHAR(32) COLLATE "und-x-icu",
    "email" VARCHAR(254) COLLATE "C",
    "website" VARCHAR(255),
    "address" VARCHAR(512),
    "industry" VARCHAR(64) COLLATE "und-x-icu",
    "size" "crm"."customer_size",
    "status" "crm"."customer_status" NOT NULL DEFAULT 'LEAD',
    "tags" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "owner_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "customers_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "crm"."contacts" (
    "id" UUID NOT NULL,
    "name" VARCHAR(128) COLLATE "und-x-icu" NOT NULL,
    "customer_id" UUID NOT NULL,
    "title" VARCHAR(128) COLLATE "und-x-icu",
    "email" VARCHAR(254) COLLATE "C",
    "phone" VARCHAR(32) COLLATE "und-x-icu",
    "note" VARCHAR(1024),
    "is_primary" BOOLEAN NOT NULL DEFAULT false,
    "owner_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "contacts_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "crm"."pipelines" (
    "id" UUID NOT NULL,
    "code" VARCHAR(64) COLLATE "und-x-icu" NOT NULL,
    "name" VARCHAR(128) COLLATE "und-x-icu" NOT NULL,
    "description" VARCHAR(1024),
    "position" INTEGER NOT NULL DEFAULT 0,
    "is_default" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "pipelines_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "crm"."stages" (
    "id" UUID NOT NULL,
    "code" VARCHAR(64) COLLATE "und-x-icu" NOT NULL,
    "name" VARCHAR(128) COLLATE "und-x-icu" NOT NULL,
    "description" VARCHAR(1024),
    "pipeline_id" UUID NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "probability" INTEGER NOT NULL,
    "outcome" "crm"."stage_outcome" NOT NULL DEFAULT 'OPEN',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "stages_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "crm"."deals" (
    "id" UUID NOT NULL,
    "title" VARCHAR(255) COLLATE "und-x-icu" NOT NULL,
    "description" VARCHAR(4096),
    "customer_id" UUID NOT NULL,
    "contact_id" UUID,
    "owner_id" UUID,
    "amount" DECIMAL(19,4),
    "currency" VARCHAR(3) NOT NULL DEFAULT 'KRW',
    "expected_close_on" DATE,
    "stage_id" UUID NOT NULL,
    "stage_entered_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),
    "lost_reason" VARCHAR(1024),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "deals_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "crm"."deal_moves" (
    "id" UUID NOT NULL,
    "deal_id" UUID NOT NULL,
    "from_stage_id" UUID,
    "to_stage_id" UUID NOT NULL,
    "moved_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "moved_by" UUID,
    "seconds_in_stage" INTEGER NOT NULL DEFAULT 0,
    "reason" VARCHAR(1024),

    CONSTRAINT "deal_moves_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "crm"."activities" (
    "id" UUID NOT NULL,
    "kind" "crm"."activity_kind" NOT NULL,
    "subject" VARCHAR(255) COLLATE "und-x-icu" NOT NULL,
    "body" VARCHAR(4096),
    "customer_id" UUID,
    "contact_id" UUID,
    "deal_id" UUID,
    "assignee_id" UUID,
    "due_at" TIMESTAMPTZ(3),
    "done_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "activities_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "customers_live_order_idx" ON "crm"."customers"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "customers_live_updated_at_idx" ON "crm"."customers"("updated_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "customers_live_code_idx" ON "crm"."customers"("code", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "customers_live_name_idx" ON "crm"."customers"("name", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "customers_live_kind_idx" ON "crm"."customers"("kind", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "customers_live_size_idx" ON "crm"."customers"("size", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "customers_live_status_idx" ON "crm"."customers"("status", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "customers_live_industry_idx" ON "crm"."customers"("industry", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "customers_owner_id_idx" ON "crm"."customers"("owner_id");
CREATE INDEX "customers_tags_idx" ON "crm"."customers" USING GIN ("tags");
CREATE UNIQUE INDEX "customers_code_live_key" ON "crm"."customers"("code" COLLATE "C") WHERE ("deleted_at" IS NULL);
CREATE UNIQUE INDEX "customers_business_number_live_key" ON "crm"."customers"("business_number" COLLATE "C") WHERE ("deleted_at" IS NULL);
CREATE INDEX "contacts_live_order_idx" ON "crm"."contacts"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "contacts_live_updated_at_idx" ON "crm"."contacts"("updated_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "contacts_live_name_idx" ON "crm"."contacts"("name", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "contacts_live_title_idx" ON "crm"."contacts"("title", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "contacts_customer_id_idx" ON "crm"."contacts"("customer_id");
CREATE INDEX "contacts_owner_id_idx" ON "crm"."contacts"("owner_id");
CREATE UNIQUE INDEX "contacts_primary_live_key" ON "crm"."contacts"("customer_id") WHERE ("deleted_at" IS NULL AND "is_primary" = true);
CREATE INDEX "pipelines_live_order_idx" ON "crm"."pipelines"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE UNIQUE INDEX "pipelines_code_live_key" ON "crm"."pipelines"("code" COLLATE "C") WHERE ("deleted_at" IS NULL);
CREATE UNIQUE INDEX "pipelines_default_live_key" ON "crm"."pipelines"("is_default") WHERE ("deleted_at" IS NULL AND "is_default" = true);
CREATE INDEX "stages_live_order_idx" ON "crm"."stages"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "stages_pipeline_id_idx" ON "crm"."stages"("pipeline_id");
CREATE UNIQUE INDEX "stages_code_live_key" ON "crm"."stages"("pipeline_id", "code" COLLATE "C") WHERE ("deleted_at" IS NULL);
CREATE INDEX "deals_live_order_idx" ON "crm"."deals"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "deals_live_updated_at_idx" ON "crm"."deals"("updated_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "deals_live_title_idx" ON "crm"."deals"("title", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "deals_live_amount_idx" ON "crm"."deals"("amount", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "deals_live_expected_close_on_idx" ON "crm"."deals"("expected_close_on", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "deals_live_stage_entered_at_idx" ON "crm"."deals"("stage_entered_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "deals_live_closed_at_idx" ON "crm"."deals"("closed_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "deals_customer_id_idx" ON "crm"."deals"("customer_id");
CREATE INDEX "deals_contact_id_idx" ON "crm"."deals"("contact_id");
CREATE INDEX "deals_owner_id_idx" ON "crm"."deals"("owner_id");
CREATE INDEX "deals_stage_id_idx" ON "crm"."deals"("stage_id");
CREATE INDEX "deal_moves_deal_id_moved_at_id_idx" ON "crm"."deal_moves"("deal_id", "moved_at" DESC, "id" DESC);
CREATE INDEX "deal_moves_from_stage_id_idx" ON "crm"."deal_moves"("from_stage_id");
CREATE INDEX "deal_moves_to_stage_id_idx" ON "crm"."deal_moves"("to_stage_id");
CREATE INDEX "activities_live_order_idx" ON "crm"."activities"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "activities_live_updated_at_idx" ON "crm"."activities"("updated_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "activities_live_subject_idx" ON "crm"."activities"("subject", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "activities_live_kind_idx" ON "crm"."activities"("kind", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "activities_live_due_at_idx" ON "crm"."activities"("due_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "activities_live_done_at_idx" ON "crm"."activities"("done_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "activities_customer_id_idx" ON "crm"."activities"("customer_id");
CREATE INDEX "activities_contact_id_idx" ON "crm"."activities"("contact_id");
CREATE INDEX "activities_deal_id_idx" ON "crm"."activities"("deal_id");
CREATE INDEX "activities_assignee_id_idx" ON "crm"."activities"("assignee_id");
ALTER TABLE "crm"."customers" ADD CONSTRAINT "customers_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "sys"."users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."contacts" ADD CONSTRAINT "contacts_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "crm"."customers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."contacts" ADD CONSTRAINT "contacts_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "sys"."users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."stages" ADD CONSTRAINT "stages_pipeline_id_fkey" FOREIGN KEY ("pipeline_id") REFERENCES "crm"."pipelines"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."deals" ADD CONSTRAINT "deals_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "crm"."customers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."deals" ADD CONSTRAINT "deals_contact_id_fkey" FOREIGN KEY ("contact_id") REFERENCES "crm"."contacts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."deals" ADD CONSTRAINT "deals_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "sys"."users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."deals" ADD CONSTRAINT "deals_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "crm"."stages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."deal_moves" ADD CONSTRAINT "deal_moves_deal_id_fkey" FOREIGN KEY ("deal_id") REFERENCES "crm"."deals"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."deal_moves" ADD CONSTRAINT "deal_moves_from_stage_id_fkey" FOREIGN KEY ("from_stage_id") REFERENCES "crm"."stages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."deal_moves" ADD CONSTRAINT "deal_moves_to_stage_id_fkey" FOREIGN KEY ("to_stage_id") REFERENCES "crm"."stages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."activities" ADD CONSTRAINT "activities_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "crm"."customers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."activities" ADD CONSTRAINT "activities_contact_id_fkey" FOREIGN KEY ("contact_id") REFERENCES "crm"."contacts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."activities" ADD CONSTRAINT "activities_deal_id_fkey" FOREIGN KEY ("deal_id") REFERENCES "crm"."deals"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "crm"."activities" ADD CONSTRAINT "activities_assignee_id_fkey" FOREIGN KEY ("assignee_id") REFERENCES "sys"."users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "crm"."customers"
  ADD CONSTRAINT "customers_business_number_check" CHECK ("business_number" ~ '^[0-9]{10}$'),
  ADD CONSTRAINT "customers_tags_check" CHECK (cardinality("tags") <= 20 AND array_position("tags", NULL) IS NULL);

ALTER TABLE "crm"."stages"
  ADD CONSTRAINT "stages_probability_check" CHECK ("probability" BETWEEN 0 AND 100);

ALTER TABLE "crm"."deals"
  ADD CONSTRAINT "deals_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$');

ALTER TABLE "crm"."deal_moves"
  ADD CONSTRAINT "deal_moves_seconds_in_stage_check" CHECK ("seconds_in_stage" >= 0);

ALTER TABLE "crm"."activities"
  ADD CONSTRAINT "activities_subject_matter_check" CHECK (num_nonnulls("customer_id", "contact_id", "deal_id") > 0);

SELECT "sys"."watch_changes"('"crm"."customers"');
SELECT "sys"."watch_changes"('"crm"."contacts"');
SELECT "sys"."watch_changes"('"crm"."pipelines"');
SELECT "sys"."watch_changes"('"crm"."stages"');
SELECT "sys"."watch_changes"('"crm"."deals"');
SELECT "sys"."watch_changes"('"crm"."deal_moves"');
SELECT "sys"."watch_changes"('"crm"."activities"');

SELECT "sys"."name_owners"('"crm"."customers"', 'Customer', 'owner_id');
SELECT "sys"."name_owners"('"crm"."contacts"', 'Contact', 'owner_id');
SELECT "sys"."name_owners"('"crm"."deals"', 'Deal', 'owner_id');
SELECT "sys"."name_owners"('"crm"."activities"', 'Activity', 'assignee_id');

SELECT "sys"."raise_data_version"();
