-- All that the summary of a pipeline reads of its deals, so that it need not visit their rows.
CREATE INDEX "deals_live_summary_idx" ON "crm"."deals"("stage_id", "owner_id", "currency", "amount", "closed_at", "expected_close_on") WHERE ("deleted_at" IS NULL);

-- What every tenant starts with. Migrations run once, so that it stays as its administrators change it, and does not
-- come back when they delete it.
INSERT INTO "crm"."pipelines" ("id", "code", "name", "position", "is_default")
SELECT gen_random_uuid(), 'SALES', '영업', 0, true
WHERE NOT EXISTS (SELECT FROM "crm"."pipelines");

INSERT INTO "crm"."stages" ("id", "pipeline_id", "code", "name", "position", "probability", "outcome")
SELECT gen_random_uuid(), "pipelines"."id", "seeded"."code", "seeded"."name", "seeded"."position", "seeded"."probability", "seeded"."outcome"::"crm"."stage_outcome"
FROM "crm"."pipelines",
  (VALUES
    ('NEW', '신규', 0, 10, 'OPEN'),
    ('CONSULTATION', '상담', 1, 25, 'OPEN'),
    ('PROPOSAL', '제안', 2, 50, 'OPEN'),
    ('NEGOTIATION', '협상', 3, 75, 'OPEN'),
    ('WON', '수주', 4, 100, 'WON'),
    ('LOST', '실주', 5, 0, 'LOST')
  ) AS "seeded" ("code", "name", "position", "probability", "outcome")
WHERE NOT EXISTS (SELECT FROM "crm"."stages");

SELECT "sys"."raise_data_version"();
