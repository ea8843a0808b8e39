# The server, the scripts that operators run and the Prisma CLI, in one image.
#   docker build -t cxg-graphql-api .

FROM node:24-bookworm-slim AS base
WORKDIR /app

# No package needs its install script to run here, so none gets the chance.
FROM base AS dependencies
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund
# A third of its size serves nothing here: Prisma's query compilers for other databases, the database of "prisma dev",
# and the TypeScript compiler, an optional peer. The next stage fails if the CLI needs them after all.
RUN cd node_modules \
 && rm -r typescript @typescript @electric-sql \
 && find @prisma/client/runtime prisma/build -name 'query_compiler_*' ! -name '*postgresql*' -delete

COPY scripts/support/patch-prisma-client.ts scripts/support/
RUN npm run -s patch

# Prisma's clients and the Pothos types. The schema engine comes from npm: nothing is downloaded from Prisma's server.
FROM dependencies AS generated
COPY prisma.config.ts ./
COPY prisma prisma
COPY prisma-central prisma-central
COPY src/db/schema-engine src/db/schema-engine
RUN npm run generate

FROM base
# Prisma's update check is off. npx and tsx only write to /tmp: the rest of the file system can be read-only.
ENV NODE_ENV=production \
    ENVIRONMENT=production \
    CHECKPOINT_DISABLE=1 \
    npm_config_cache=/tmp/npm \
    npm_config_update_notifier=false
COPY --from=dependencies /app/node_modules node_modules
COPY package.json prisma.config.ts ./
COPY prisma prisma
COPY prisma-central prisma-central
# Those that operators run: .dockerignore keeps development's out, whose packages are not in here.
COPY scripts scripts
COPY src src
COPY --from=generated /app/src/generated src/generated
RUN set -e; for script in scripts/*.ts; do TSX_DISABLE_CACHE=1 node --import tsx "$script" --help > /dev/null; done

# The account "node", by number: Kubernetes can only tell from a number that it is not root.
USER 1000:1000
EXPOSE 8100
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.API_PORT || 8100}/health`).then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--import", "tsx", "src/main.ts"]
