/**
 * The walls of the house: imports go one way, from left to right.
 *
 *   main > app > http, schema > modules (all but their services) > graphql > tenancy > services > entities
 *        > sign-in > audit > auth > db, cache > tls, errors, catalogue, calendar, config, logging, concurrency, generated
 *
 * Sign-in stands apart from auth because it records what it does in the audit log, which asks auth who may see what.
 *
 * Around it: test > tools > scripts > src. Packages stand beside it: they import nothing of it, and it enters them by
 * their doors.
 */

const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const { dependencies, devDependencies } = require('./package.json');

/** The folders of those of our packages that dependencies name. */
const packagesOf = (named) =>
  readdirSync(join(__dirname, 'packages'))
    .filter((folder) => require(`./packages/${folder}/package.json`).name in named)
    .map((folder) => `^packages/${folder}/`);

/** The files that packages' manifests let others import. */
const doors = readdirSync(join(__dirname, 'packages')).flatMap((name) =>
  Object.values(require(`./packages/${name}/package.json`).exports).map(
    (file) => `^${join('packages', name, file).replaceAll('.', '\\.')}$`,
  ),
);

/** What a module knows without GraphQL: its services, and the shapes of their input. */
const services = '^src/modules/[^/]+/[^/]+\\.(service|input)\\.ts$';

const layers = [
  { name: 'main', path: '^src/main\\.ts$' },
  { name: 'app', path: '^src/app(/|\\.ts$)' },
  { name: 'entry', path: '^src/(http/|schema\\.ts$)' },
  { name: 'modules', path: `^src/modules/(?!${services.slice('^src/modules/'.length)})` },
  { name: 'graphql', path: '^src/graphql/' },
  { name: 'tenancy', path: '^src/tenancy/' },
  { name: 'entities', path: '^src/entities/' },
  { name: 'sign-in', path: '^src/sign-in/' },
  { name: 'audit', path: '^src/audit/' },
  { name: 'auth', path: '^src/auth/' },
  { name: 'storage', path: '^src/(db|cache)/' },
  { name: 'ground', path: '^src/(tls|errors|catalogue|calendar|config|logging|concurrency|generated)/' },
];

/** Which modules' services a module's services may import. No others unless named here. */
const serviceNeighbours = {
  stages: ['deals'],
  users: ['departments', 'branches', 'roles'],
  employees: ['assignments', 'leave-entitlements', 'users'],
  attendance: ['employees', 'holidays', 'leave-requests'],
  'leave-entitlements': ['holidays'],
  'leave-requests': ['employees', 'holidays', 'leave-entitlements'],
};

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    // What is built may not be there yet.
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '/dist/' },
    },
    ...layers.slice(1).map(({ name, path }, index) => ({
      name: `${name}-imports-only-to-its-right`,
      severity: 'error',
      from: { path },
      to: { path: layers.slice(0, index + 1).map((layer) => layer.path) },
    })),
    {
      name: 'services-sit-below-graphql',
      comment:
        'A service takes (db, viewer, input) and imports only entities, sign-in, audit, auth, db, errors, and services.',
      severity: 'error',
      from: { path: services },
      to: {
        path: '^src/',
        pathNot: ['^src/(entities|sign-in|audit|auth|db|errors|catalogue|calendar|generated)/', services],
      },
    },
    {
      name: 'nothing-below-the-modules-imports-a-service',
      severity: 'error',
      from: {
        path: '^src/(graphql|tenancy|entities|sign-in|audit|auth|db|cache|tls|errors|catalogue|calendar|config|logging|concurrency)/',
      },
      to: { path: services },
    },
    {
      name: 'http-imports-no-module',
      comment:
        'Requests reach a module through the schema alone; what they need on the way there is in auth and tenancy.',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: '^src/modules/' },
    },
    {
      name: 'managers-travel-by-one-road',
      comment:
        'Managers and tenants are read and changed in tenancy/platform, which knows no GraphQL; their modules hold types, queries and mutations that call context.platform, and have no services.',
      severity: 'error',
      from: { path: '^src/modules/(managers|tenants)/' },
      to: { path: ['^src/(db|entities|auth)/', services] },
    },
    {
      name: 'services-import-one-way',
      severity: 'error',
      from: {
        path: '^src/modules/([^/]+)/[^/]+\\.(service|input)\\.ts$',
        pathNot: Object.keys(serviceNeighbours).map((module) => `^src/modules/${module}/`),
      },
      to: { path: services, pathNot: '^src/modules/$1/' },
    },
    ...Object.entries(serviceNeighbours).map(([from, to]) => ({
      name: `services-of-${from}-import-one-way`,
      severity: 'error',
      from: { path: `^src/modules/${from}/[^/]+\\.(service|input)\\.ts$` },
      to: { path: services, pathNot: [from, ...to].map((module) => `^src/modules/${module}/`) },
    })),
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(scripts|tools|test)/' },
    },
    {
      name: 'packages-stand-alone',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(src|scripts|tools|test)/' },
    },
    {
      name: 'packages-are-entered-by-their-doors',
      comment: 'Import what the "exports" of the package name.',
      severity: 'error',
      from: { pathNot: '^packages/' },
      to: { path: '^packages/', pathNot: doors },
    },
    {
      name: 'packages-enter-each-other-by-their-doors',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: ['^packages/$1/', ...doors] },
    },
    {
      name: 'packages-are-imported-by-name',
      severity: 'error',
      from: { pathNot: '^packages/' },
      to: { path: '^packages/', dependencyTypesNot: ['aliased-workspace'] },
    },
    {
      name: 'packages-import-each-other-by-name',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'migrations-are-deployed-without-the-cli',
      severity: 'error',
      from: { path: '^packages/prisma-schema-engine/src/(deploy/|index\\.ts$)' },
      to: { path: '^packages/prisma-schema-engine/src/cli/' },
    },
    {
      name: 'scripts-do-without-tools-and-tests',
      severity: 'error',
      from: { path: '^scripts/' },
      to: { path: '^(tools|test)/' },
    },
    {
      name: 'tools-do-not-import-tests',
      severity: 'error',
      from: { path: '^tools/' },
      to: { path: '^test/' },
    },
    {
      name: 'production-uses-no-development-packages',
      severity: 'error',
      from: { path: '^(src|scripts)/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'production-uses-no-development-packages-of-ours',
      severity: 'error',
      from: { path: ['^(src|scripts)/', ...packagesOf(dependencies)] },
      to: { path: packagesOf(devDependencies) },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/generated/.*/internal' },
    // TypeScript 7 has no compiler API for it to parse with.
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
