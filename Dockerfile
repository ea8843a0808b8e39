# The server, the scripts that operators run and the Prisma CLI, in one image.
#   docker build -t cxg-graphql-api .

FROM node:24-bookworm-slim AS base
WORKDIR /app

# No package needs its install script to run here, so none gets the chance.
FROM base AS build
COPY package.json package-lock.json ./
COPY packages/local-processes/package.json packages/local-processes/
COPY packages/prisma-schema-engine/package.json packages/prisma-schema-engine/
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund

COPY tools/build/patch-prisma-client.ts tools/build/
RUN npm run -s patch

# Prisma's clients, the Pothos types and the tables. The schema engine comes from npm: nothing is downloaded from Prisma's server.
COPY prisma.config.ts ./
COPY prisma prisma
COPY prisma-central prisma-central
COPY packages packages
COPY src/db/prisma-cli/schema-engine.mjs src/db/prisma-cli/
COPY src/db/secret-columns.ts src/db/
COPY tools/build/generate-tables.ts tools/build/
RUN npm run generate

# The server and the scripts that operators run, with their packages in them.
COPY scripts scripts
COPY src src
COPY tools/build tools/build
RUN npm run -s build

# Only what is not in the build stays a package. Prisma's CLI works without the database of "prisma dev", the TypeScript
# compiler, an optional peer, and the query compilers: the next stage fails if it needs them after all.
RUN node -e 'const { packages } = require("./dist/build.json"); \
    for (const folder of [".", "./packages/local-processes", "./packages/prisma-schema-engine"]) { \
      const path = `${folder}/package.json`; \
      const manifest = require(path); \
      const kept = Object.entries(manifest.dependencies).filter(([name]) => packages.includes(name)); \
      fs.writeFileSync(path, JSON.stringify({ ...manifest, dependencies: Object.fromEntries(kept) })); \
    }' \
 && npm prune --ignore-scripts --omit=dev --no-audit --no-fund \
 && rm -rf node_modules/typescript node_modules/@typescript node_modules/@electric-sql node_modules/@cxg/local-processes \
 && find node_modules/prisma/build -name 'query_compiler_*' -delete

FROM base
# Prisma's update check is off. npx only writes to /tmp: the rest of the file system can be read-only.
ENV NODE_ENV=production \
    ENVIRONMENT=production \
    CHECKPOINT_DISABLE=1 \
    npm_config_cache=/tmp/npm \
    npm_config_update_notifier=false
COPY --from=build /app/node_modules node_modules
# What Prisma's CLI reads; it compiles its settings itself.
COPY package.json prisma.config.ts ./
COPY prisma prisma
COPY prisma-central prisma-central
COPY packages/prisma-schema-engine/package.json packages/prisma-schema-engine/
COPY packages/prisma-schema-engine/src/cli/cli-config.ts packages/prisma-schema-engine/src/cli/unset-url.ts packages/prisma-schema-engine/src/cli/
COPY src/db/prisma-cli/schema-engine.mjs src/db/prisma-cli/
COPY scripts/start.mjs scripts/
COPY --from=build /app/dist dist
# No compiler is in here: "npx tsx scripts/….ts" runs the script as it was built.
RUN ln -s ../../dist/run.js node_modules/.bin/tsx
# Every script starts, the server as far as its database, and Prisma's CLI as far as its own. What V8 has compiled
# meanwhile, for the account that will run it, is kept for the next start, and is nobody's to change.
RUN set -e; mkdir dist/compile-cache; chown 1000:1000 dist/compile-cache; \
    as_node="setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/tmp"; \
    for script in dist/scripts/*.js; do $as_node npx tsx "scripts/$(basename "$script" .js).ts" --help > /dev/null; done; \
    nowhere=postgresql://nobody@127.0.0.1:1/nothing; \
    $as_node env CENTRAL_ADMIN_DATABASE_URL=$nowhere SECRET_KEY="$(head -c 48 /dev/urandom | base64)" \
      CREDENTIALS_ENCRYPTION_KEY="$(head -c 32 /dev/urandom | base64)" \
      node dist/run.js src/main.ts 2>&1 | grep -q "Can't reach database server at 127.0.0.1:1"; \
    $as_node env TENANT_DATABASE_URL=$nowhere npx prisma migrate status 2>&1 | grep -q "P1001"; \
    chown -R root:root dist/compile-cache; chmod -R a=rX dist/compile-cache; rm -rf /tmp/* /tmp/.npm

# The account "node", by number: Kubernetes can only tell from a number that it is not root.
USER 1000:1000
EXPOSE 8100
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.API_PORT || 8100}/health`).then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/run.js", "src/main.ts"]
