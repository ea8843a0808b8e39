-- Whose row a change is about, as the row is now: who reaches only their own rows reads only what was done to those.
-- Each entity with owners has its part here, which its migration adds with "sys"."name_owners".
CREATE VIEW "sys"."audit_owners" AS
SELECT NULL::uuid AS "record_id", NULL::uuid AS "owner_id" WHERE false;

-- Adds an entity to the view: its table, its name in the audit log, and the columns that name owners.
-- With the rights of who calls it, which is only enough for the owner of the view.
CREATE FUNCTION "sys"."name_owners" ("owned" regclass, "entity" text, VARIADIC "columns" text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  "definition" text := rtrim(pg_get_viewdef('sys.audit_owners'::regclass), ';');
  "column" text;
BEGIN
  FOREACH "column" IN ARRAY "columns" LOOP
    "definition" := "definition" || format(
      ' UNION ALL SELECT changed.id, owned.%1$I FROM sys.audit_log AS changed
        JOIN %2$s AS owned ON changed.entity_type = %3$L AND owned.id = changed.entity_id
        WHERE owned.%1$I IS NOT NULL', "column", "owned", "entity");
  END LOOP;
  EXECUTE 'CREATE OR REPLACE VIEW sys.audit_owners AS ' || "definition";
END
$$;

SELECT "sys"."name_owners"('"hrm"."assets"', 'Asset', 'holder_id');

SELECT "sys"."raise_data_version"();
