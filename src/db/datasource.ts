export {
  type Datasource,
  DatasourceUrlError,
  datasourceUrl,
  defaultPort,
  parseDatasourceUrl,
} from '../config/datasource.ts';
