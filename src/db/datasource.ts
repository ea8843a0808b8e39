export {
  type Datasource,
  DatasourceUrlError,
  datasourceUrl,
  defaultPort,
  parseDatasourceUrl,
  parsePrismaUrl,
} from '../config/datasource.ts';
