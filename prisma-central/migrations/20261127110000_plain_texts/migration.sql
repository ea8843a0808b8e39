-- Texts are kept as they are looked for: without characters that can't be seen and mean nothing, and with single plain
-- spaces. Joiners and variation selectors, which may mean something, and names to sign in with stay as they are: a
-- sign-in still finds those as they were typed. A text of which nothing would be left stays too.
DO $$
DECLARE
  place record;
BEGIN
  -- Elsewhere the escapes below would name other characters.
  IF current_setting('server_encoding') <> 'UTF8' THEN RETURN; END IF;
  FOR place IN SELECT * FROM (VALUES
    ('tenants', 'company_name'),
    ('managers', 'full_name')
  ) AS places (table_name, column_name)
  LOOP
    EXECUTE format(
      'WITH plain AS (SELECT id, btrim(regexp_replace(regexp_replace(%1$I, $2, '''', ''g''), $1, '' '', ''g'')) AS text FROM %2$s)
       UPDATE %2$s AS kept SET %1$I = plain.text FROM plain
       WHERE kept.id = plain.id AND plain.text <> '''' AND plain.text <> kept.%1$I',
      place.column_name, place.table_name
    ) USING
      '[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]+',
      '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u200b\u200e\u200f\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]';
  END LOOP;
END
$$;
