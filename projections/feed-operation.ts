// What the feed's route says of itself.
import type { z } from 'zod'
import { component } from '../ledger/description/component.ts'
import {
  EVENT_STREAM_TYPE,
  JSON_TYPE,
  NDJSON_TYPE,
  queryParameters,
  READ_PROBLEMS,
  type Operation,
  type Parameter,
} from '../ledger/description/operation.ts'
import { anyRecordShape } from '../ledger/description/records.ts'
import { kinds } from '../ledger/entities/index.ts'
import { DEFAULT_PAGE } from '../ledger/request.ts'

const lastEventId: Parameter = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'Of an event stream: the cursor to resume after. It beats `after`.',
  schema: { type: 'string' },
}

const descriptions: Readonly<Record<string, string>> = {
  after:
    'A cursor that the feed gave, or `end`: from now on. Without it, from the beginning. With `partition`, a position; 0 if it is left out.',
  afterAt:
    'With `partition`: when the version at `after` was recorded, as its record says. If another one stands there, the ledger was restored to an earlier time, and the answer is `foreign_cursor`.',
  limit: `How many at most; ${DEFAULT_PAGE} if it is left out.`,
  owner: 'Only of this owner.',
  partition: 'One partition, by position: `next` is then a number, and `kinds` and `owner` do not go with it.',
}

/** `byPartition` is another way to ask the same route. */
export function feedOperation(query: z.ZodType, byPartition: z.ZodType): Operation {
  const own = queryParameters(query, descriptions).map((parameter) => (parameter.name === 'kinds' ? kindsParameter() : parameter))
  const partition = queryParameters(byPartition, descriptions)
    .filter(({ name }) => name === 'partition' || name === 'afterAt')
    .map(({ required: _, ...parameter }) => parameter)
  return {
    id: 'getFeed',
    tag: 'feed',
    summary: 'Every version, in the order of the feed',
    description:
      'By position within a partition; units never interleave there. Cursors are opaque, outlive restarts, and never skip: one that was read up to versions which are not in this ledger (any more) is refused. A page by default; live as server-sent events with `Accept: text/event-stream`; up to the head as it is now with `Accept: application/x-ndjson`.',
    parameters: [...own, ...partition, lastEventId],
    answers: {
      200: {
        description: 'A page; or a stream.',
        headers: {
          'X-Strata-Next': { description: 'With NDJSON only: the cursor after the last line.', schema: { type: 'string' } },
        },
        content: {
          [JSON_TYPE]: {
            schema: component('FeedPage', {
              type: 'object',
              properties: {
                versions: { type: 'array', items: anyRecordShape() },
                next: {
                  type: ['string', 'integer'],
                  description: 'Where to go on: a cursor, or with `partition` a position. It moves on even when filters leave nothing.',
                },
                caughtUp: { type: 'boolean', description: 'Whether the page reached what was committed when it was read.' },
              },
              required: ['versions', 'next', 'caughtUp'],
            }),
          },
          [EVENT_STREAM_TYPE]: {
            schema: {
              type: 'string',
              description: 'An event per version: `id:` is the cursor after it, `data:` the record. A comment every 15 seconds.',
            },
          },
          [NDJSON_TYPE]: { schema: { type: 'string', description: 'A version record per line.' } },
        },
      },
    },
    problems: [...READ_PROBLEMS, 'foreign_cursor'],
    scopes: ['consume', 'audit'],
  }
}

const kindsParameter = (): Parameter => ({
  name: 'kinds',
  in: 'query',
  description: 'Only of these kinds, separated by commas.',
  schema: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', enum: Object.keys(kinds) } },
  style: 'form',
  explode: false,
})
