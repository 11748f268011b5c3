// The feed over HTTP: pages by cursor, one partition by position, server-sent events, and NDJSON up to the head. Failures are thrown, not formatted.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { kindNamed } from '../ledger/entities/index.ts'
import { ownerSchema } from '../ledger/entity-id.ts'
import { InvalidRequest } from '../ledger/failure.ts'
import type { FeedFilter } from '../ledger/feed.ts'
import { BadPlace, ForeignPlace, type FeedPlace } from '../ledger/feed-place.ts'
import { decodeFeedPlace, encodeFeedPlace } from '../ledger/feed-cursor.ts'
import type { Ledger } from '../ledger/index.ts'
import { instantSchema } from '../ledger/instant.ts'
import { fillPage, type Part } from '../ledger/page.ts'
import { assertMay, principalOf } from '../ledger/principal.ts'
import type { VersionRecord } from '../ledger/record.ts'
import { countSchema, limitSchema, queryOf } from '../ledger/request.ts'
import { feedOperation } from './feed-operation.ts'
import { eventStream, HEARTBEAT_MS, lines } from './feed-stream.ts'
import { openStreams } from './open-streams.ts'

const POSITION_DIGITS = 15

const kindsSchema = z
  .string()
  .transform((text) => text.split(','))
  .refine((names) => names.every((name) => kindNamed(name) !== undefined), { error: 'must be kinds of this ledger, separated by commas' })

const feedSchema = z.strictObject({
  after: z.string().optional(),
  limit: limitSchema,
  kinds: kindsSchema.optional(),
  owner: ownerSchema.optional(),
})
const partitionSchema = (partitions: number) =>
  z.strictObject({
    partition: countSchema(3).refine((partition) => partition < partitions, { error: `must be from 0 to ${partitions - 1}` }),
    after: countSchema(POSITION_DIGITS).default(0),
    afterAt: instantSchema.optional(),
    limit: limitSchema,
  })

export interface FeedRoutesOptions {
  readonly heartbeatMs?: number
}

interface FeedAnswer<Next> {
  readonly versions: readonly VersionRecord[]
  readonly next: Next
  readonly caughtUp: boolean
}

type FeedPart<Next> = Part<VersionRecord> & { readonly next: Next }

const toPart = <Next>({ versions, next, caughtUp }: FeedAnswer<Next>): FeedPart<Next> => ({ items: versions, hasMore: !caughtUp, next })

export function feedRoutes(app: FastifyInstance, ledger: Ledger, { heartbeatMs = HEARTBEAT_MS }: FeedRoutesOptions = {}): void {
  const { feed } = ledger
  const byPartition = partitionSchema(ledger.partitions)
  const streams = openStreams(app)

  app.get('/v1/feed', { exposeHeadRoute: false, config: { operation: feedOperation(feedSchema, byPartition) } }, async (request, reply) => {
    const accept = request.headers.accept ?? ''
    if (Object.hasOwn(request.query as object, 'partition')) return onePartition(request)
    const { after, limit, kinds, owner } = queryOf(feedSchema, request.query)
    assertMay(principalOf(request), { to: 'consume' })
    const filter: FeedFilter = { kinds, owner }
    if (accept.includes('text/event-stream')) return events(request, reply, after, filter)
    if (accept.includes('application/x-ndjson')) return toTheHead(reply, after, filter)
    return page(after, limit, filter)
  })

  async function onePartition(request: FastifyRequest): Promise<FeedAnswer<number>> {
    const { partition, after, afterAt, limit } = queryOf(byPartition, request.query)
    assertMay(principalOf(request), { to: 'consume' })
    const { items, last } = await orRefuse('after', () =>
      fillPage(limit, async (part, before: FeedPart<number> | undefined) =>
        toPart(await feed.readPartition(partition, before?.next ?? after, part, before ? before.items.at(-1)?.recordedAt : afterAt)),
      ),
    )
    return { versions: items, next: last.next, caughtUp: !last.hasMore }
  }

  async function page(after: string | undefined, limit: number, filter: FeedFilter): Promise<FeedAnswer<string>> {
    const { items, last } = await orRefuse('after', async () => {
      const place = await placeOf(after)
      return fillPage(limit, async (part, before: FeedPart<FeedPlace> | undefined) =>
        toPart(await feed.read(before?.next ?? place, part, filter)),
      )
    })
    return { versions: items, next: encodeFeedPlace(last.next), caughtUp: !last.hasMore }
  }

  async function events(
    request: FastifyRequest,
    reply: FastifyReply,
    after: string | undefined,
    filter: FeedFilter,
  ): Promise<FastifyReply> {
    const resumed = request.headers['last-event-id']
    const name = typeof resumed === 'string' && resumed !== '' ? 'Last-Event-ID' : 'after'
    const { place } = await orRefuse(name, () => checked(name === 'after' ? after : String(resumed)))
    reply.header('cache-control', 'no-cache, no-transform').header('x-accel-buffering', 'no').type('text/event-stream; charset=utf-8')
    return streams.send(reply, (signal) => eventStream(feed, { place, filter, signal, heartbeatMs }), principalOf(request).expiresAt)
  }

  async function toTheHead(reply: FastifyReply, after: string | undefined, filter: FeedFilter): Promise<FastifyReply> {
    const { place, head } = await orRefuse('after', () => checked(after))
    reply.header('x-strata-next', encodeFeedPlace(head)).type('application/x-ndjson; charset=utf-8')
    return streams.send(reply, () => lines(feed, place, filter, head))
  }

  /** Before anything is sent: once a stream has begun, a bad cursor can not be told any more. */
  async function checked(after: string | undefined): Promise<{ readonly place: FeedPlace; readonly head: FeedPlace }> {
    const place = await placeOf(after)
    await feed.check(place)
    return { place, head: after === 'end' ? place : await feed.end() }
  }

  async function placeOf(after: string | undefined): Promise<FeedPlace> {
    if (after === undefined) return feed.beginning
    return after === 'end' ? feed.end() : decodeFeedPlace(after, feed.partitions)
  }
}

async function orRefuse<Result>(pointer: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof BadPlace) || error instanceof ForeignPlace) throw error
    throw new InvalidRequest(`this is no place in the feed: ${error.message}`, [
      { pointer, detail: 'must be a place that this ledger gave' },
    ])
  }
}
