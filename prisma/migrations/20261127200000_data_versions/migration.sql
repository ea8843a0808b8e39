-- The database's version: all values of "version" together. It is another one after each transaction that has changed
-- rows, and becomes visible with them, because it is a row of the same transaction. Answers that were made from one
-- version are good for as long as it stays. Values are random and never come back, so a restored or cloned database
-- has a version of the past only together with the rows of the past.
CREATE TABLE "sys"."data_versions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "version" UUID NOT NULL DEFAULT gen_random_uuid(),

    CONSTRAINT "data_versions_pkey" PRIMARY KEY ("id")
);
INSERT INTO "sys"."data_versions" DEFAULT VALUES;

-- Nobody waits for anybody: who finds a row free changes it, and who finds none adds one; the next who can take several
-- leaves one of them. No index has the value, so that a row can be changed in place and the table stays one page.
--
-- Above "read committed", taking a row that somebody else has just changed is an error, which must not reach the writer:
-- in "repeatable read" it is caught, and in "serializable" rows are only added, because reading them would make
-- conflicts of its own.
--
-- Once in a transaction is enough, whatever comes later in it: nobody sees any of it before its end. The mark of the
-- transaction is taken back with a savepoint, as the value is.
CREATE FUNCTION "sys"."raise_data_version" () RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  this_transaction text := pg_current_xact_id()::text;
  isolation text := current_setting('transaction_isolation');
BEGIN
  IF current_setting('cxg.version_raised_in', true) = this_transaction THEN RETURN; END IF;
  IF isolation = 'serializable' THEN
    INSERT INTO sys.data_versions DEFAULT VALUES;
  ELSIF isolation = 'repeatable read' THEN
    BEGIN
      PERFORM sys.replace_data_version();
    EXCEPTION WHEN serialization_failure THEN
      INSERT INTO sys.data_versions DEFAULT VALUES;
    END;
  ELSE
    PERFORM sys.replace_data_version();
  END IF;
  PERFORM set_config('cxg.version_raised_in', this_transaction, true);
END
$$;

CREATE FUNCTION "sys"."replace_data_version" () RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  free uuid[] := ARRAY (SELECT id FROM sys.data_versions FOR NO KEY UPDATE SKIP LOCKED);
BEGIN
  IF cardinality(free) = 0 THEN
    INSERT INTO sys.data_versions DEFAULT VALUES;
  ELSE
    UPDATE sys.data_versions SET version = gen_random_uuid() WHERE id = free[1];
  END IF;
  IF cardinality(free) > 1 THEN DELETE FROM sys.data_versions WHERE id = ANY (free[2:]); END IF;
END
$$;

-- As the owner, because whoever changes rows may only read the version.
CREATE FUNCTION "sys"."note_change" () RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM sys.raise_data_version();
  RETURN NULL;
END
$$;

-- To be called by each migration that makes a table. "Always": in replicas' sessions and when triggers are switched off
-- for a restore with session_replication_role as well.
CREATE FUNCTION "sys"."watch_changes" ("watched" regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format(
    'CREATE TRIGGER data_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
     FOR EACH STATEMENT EXECUTE FUNCTION sys.note_change()', watched);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER data_version', watched);
END
$$;

-- Not sessions, refresh_tokens, sign_in_sources and password_history: they change whenever somebody comes back, and
-- no answer that is kept is made from them. In the order in which changes write, for the sake of locks.
SELECT "sys"."watch_changes"('"sys"."permissions"');
SELECT "sys"."watch_changes"('"sys"."roles"');
SELECT "sys"."watch_changes"('"sys"."role_permissions"');
SELECT "sys"."watch_changes"('"sys"."departments"');
SELECT "sys"."watch_changes"('"sys"."branches"');
SELECT "sys"."watch_changes"('"sys"."users"');
SELECT "sys"."watch_changes"('"sys"."tenant_marker"');
SELECT "sys"."watch_changes"('"sys"."audit_log"');
