// docs/reference/asyncapi.json: the feed for programs that follow it (AsyncAPI 3): one channel, a message per event.
import packageJson from '../../package.json' with { type: 'json' }
import { hoist } from '../../ledger/description/component.ts'
import { EVENT_STREAM_TYPE, JSON_TYPE, NDJSON_TYPE } from '../../ledger/description/operation.ts'
import { eventRecordShape } from '../../ledger/description/records.ts'
import { kinds } from '../../ledger/entities/index.ts'

const events = Object.values(kinds).flatMap((kind) => Object.keys(kind.events).map((event) => ({ kind, event })))

export function asyncApi(): unknown {
  const schemas = new Map<string, unknown>()
  const messages = Object.fromEntries(
    events.map(({ kind, event }) => [
      event,
      {
        name: event,
        title: event,
        summary: `A version of a ${kind.kind}, made by ${event}.`,
        contentType: JSON_TYPE,
        payload: hoist(eventRecordShape(kind, event), '#/components/schemas/', schemas),
      },
    ]),
  )
  const names = Object.keys(messages)
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Strata feed',
      version: packageJson.version,
      description: `Every version of every entity, by position within a partition; units never interleave there. \`GET /v1/feed\` answers pages; with \`Accept: ${EVENT_STREAM_TYPE}\` it is live, an event per version (\`id:\` the cursor after it, \`data:\` the record), and \`Last-Event-ID\` resumes; with \`Accept: ${NDJSON_TYPE}\` it is a record per line, up to the head. Delivery is at least once: a reader that keeps its cursor with its work applies each version once. Fields may be added to records; readers should not mind those that they do not know.`,
      license: { name: packageJson.license, url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: JSON_TYPE,
    servers: {
      local: {
        host: '127.0.0.1:7480',
        protocol: 'http',
        description: 'As `npm start` starts it.',
        security: [{ $ref: '#/components/securitySchemes/bearer' }],
      },
    },
    channels: {
      feed: {
        address: '/v1/feed',
        title: 'The feed',
        description: '`kinds` and `owner` in the query filter; `after` is the cursor to go on from, `end` from now on.',
        messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
        bindings: {
          http: {},
        },
      },
    },
    operations: {
      sendVersions: {
        action: 'send',
        channel: { $ref: '#/channels/feed' },
        title: 'Versions, as they are recorded',
        messages: names.map((name) => ({ $ref: `#/channels/feed/messages/${name}` })),
        bindings: { http: { method: 'GET', bindingVersion: '0.3.0' } },
      },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'With the scope consume, or audit.' },
      },
      messages,
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  }
}
