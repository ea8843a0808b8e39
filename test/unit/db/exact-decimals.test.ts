import { expect, it } from 'vitest';
import { withExactDecimals } from '../../../src/db/exact-decimals.ts';

/** Statements of Prisma's 7.10.0, where a relation leads to one row and to many. */
const toOne = (price: string) =>
  `SELECT "t0"."id", "Task_asset"."__prisma_data__" AS "asset" FROM "hrm"."tasks" AS "t0" LEFT JOIN LATERAL (SELECT JSONB_BUILD_OBJECT('code', "t1"."code", 'price', ${price}) AS "__prisma_data__" FROM "hrm"."assets" AS "t1" WHERE "t0"."asset_id" = "t1"."id" LIMIT $1) AS "Task_asset" ON true LIMIT $2`;
const toMany = (price: string) =>
  `SELECT "t0"."id", "User_assets"."__prisma_data__" AS "assets" FROM "sys"."users" AS "t0" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t4"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('code', "t3"."code", 'price', ${price}) AS "__prisma_data__", "t3"."price" FROM (SELECT "t2".* FROM "hrm"."assets" AS "t2" WHERE "t0"."id" = "t2"."holder_id" /* root select */) AS "t3" /* inner select */) AS "t4" WHERE "t4"."price" > $1 ORDER BY "t4"."price" ASC /* middle select */) AS "t5" /* outer select */) AS "User_assets" ON true`;

it.each([
  ['one row', toOne, '"t1"."price"'],
  ['many rows', toMany, '"t3"."price"'],
])('a decimal of a relation to %s is read as text, and compared as a number', (_to, statement, price) => {
  expect(withExactDecimals(statement(price))).toBe(statement(`${price}::text`));
});

it('a column of the same name in another table is left alone', () => {
  const statement = toOne('"t1"."price"').replace('"hrm"."assets"', '"hrm"."deals"');
  expect(withExactDecimals(statement)).toBe(statement);
});
