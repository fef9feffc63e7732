# The gateway alone: no development tools, no embedded PostgreSQL, no packaged Node.
FROM node:24-bookworm-slim AS install
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force

# The program in a few files, for a quick start: see docs/decisions/1130. The bundler stays behind.
FROM node:24-bookworm-slim AS pack
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts && npm cache clean --force
COPY src src
COPY scripts/pack.mjs scripts/
RUN node scripts/pack.mjs && test -f node_modules/.zorgsluis/main.mjs

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
# What was freed goes back to the system: see docs/decisions/0730.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /app
# Checkpoints of the ledger stand here, outside the database that they guard.
RUN mkdir /data && chown node:node /data
COPY --from=install /app/node_modules node_modules
COPY --from=pack /app/node_modules/.zorgsluis node_modules/.zorgsluis
COPY package.json LICENSE ./
COPY profiles profiles
COPY src src
COPY scripts/verify-ledger.mjs scripts/
RUN node -e "import('/app/src/packed.mjs').then(({ programOf }) => \
  process.exit(programOf('main').endsWith('.mjs') ? 0 : 1))"
USER node
VOLUME /data
EXPOSE 8080
# The plain line always answers on the loopback address.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["node", "-e", \
  "require('http').get({ host: '127.0.0.1', port: process.env.PORT, path: '/health/live' }, (reply) => process.exit(reply.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# The same settings as in `npm start`: see docs/decisions/0461, 0730 and 1130.
CMD ["node", "--max-semi-space-size=16", "--min-semi-space-size=8", "--heap-growing-percent=30", "src/gateway.mjs"]
