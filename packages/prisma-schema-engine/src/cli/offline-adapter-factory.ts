import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';

/** The newest server that the engine makes a difference for; it decides nothing in a diff of two schema files. */
const SERVER_VERSION_NUMBER = 180_000;

/**
 * Allows the engine, which requires a database, to compare schema files without one: it answers the engine's opening
 * question (does the schema exist, which version is the server) and nothing else.
 */
export const offlineAdapterFactory: SqlMigrationAwareDriverAdapterFactory = {
  provider: 'postgres',
  adapterName: 'offline',
  connect: () => Promise.resolve(offlineAdapter),
  connectToShadowDb: refuse,
};

const offlineAdapter: SqlDriverAdapter = {
  provider: 'postgres',
  adapterName: 'offline',
  queryRaw: () =>
    Promise.resolve({
      columnNames: ['exists', 'version', 'numeric_version'],
      columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
      rows: [[true, 'PostgreSQL 18', SERVER_VERSION_NUMBER]],
    }),
  executeRaw: refuse,
  executeScript: refuse,
  startTransaction: refuse,
  getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
  dispose: () => Promise.resolve(),
};

function refuse(): Promise<never> {
  return Promise.reject(new Error('Comparing schema files needs no database.'));
}
