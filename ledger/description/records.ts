// The shapes that the ledger answers with, made from the registry of kinds: a version record of each kind, its events and its state.
import { entityIdSchema, localSchema, ownerSchema } from '../entity-id.ts'
import { kinds } from '../entities/index.ts'
import type { Kind } from '../kind.ts'
import { MAX_VERSION } from '../request.ts'
import { keptInstant } from '../instant.ts'
import { capitalized, component, type JsonSchema } from './component.ts'
import { askedShape, keptShape } from './json-schema.ts'
import type { Header, Parameter } from './operation.ts'

const instant = keptShape(keptInstant)
const owner = keptShape(ownerSchema)
const text = (description: string): JsonSchema => ({ type: 'string', description })
const count = (description: string, minimum = 0): JsonSchema => ({ type: 'integer', minimum, description })

export const versionNumber = component('VersionNumber', {
  type: 'integer',
  minimum: 1,
  maximum: MAX_VERSION,
  description: "A place in one entity's history: 1, 2, 3 …, never a gap.",
  examples: [3],
})

/** The data of an event, by the event's name. */
export const eventShape = (kind: Kind, event: string): JsonSchema => {
  const schema = kind.events[event]
  if (schema === undefined) throw new Error(`a ${kind.kind} has no event ${event}`)
  return component(event, { description: `What changed by ${event}, of a ${kind.kind}.`, ...keptShape(schema) })
}

export const stateShape = (kind: Kind): JsonSchema =>
  component(`${capitalized(kind.kind)}State`, { description: `The whole ${kind.kind} after an event.`, ...keptShape(kind.state) })

/** Of every version, whatever its kind. */
const envelope: Readonly<Record<string, JsonSchema>> = {
  entityId: keptShape(entityIdSchema()),
  kind: text('The first part of the id.'),
  version: versionNumber,
  event: text('What happened, in the past tense.'),
  data: { type: 'object', description: 'What changed.' },
  state: { type: 'object', description: 'The whole entity after it.' },
  partition: count('The part of the ledger that the entity is in: all of one owner is in one.'),
  position: count("Place in the partition's feed: 1, 2, 3 …, in commit order.", 1),
  commandId: text('The Idempotency-Key of the command, or a UUIDv7 made for it.'),
  commandScope: owner,
  commandSeq: count("Place among the command's versions, from 0."),
  commandSize: count('How many versions the command has.', 1),
  actor: text('Who asked.'),
  correlationId: text("The command's id unless it said otherwise."),
  causationId: { type: ['string', 'null'], description: 'null unless the command said otherwise.' },
  recordedAt: instant,
  effectiveAt: instant,
  schemaVersion: count("Version of the kind's shapes.", 1),
}

const latest: JsonSchema = {
  type: 'boolean',
  description: 'Whether it is the newest version. In answers about now only.',
}

export const asked = component('Asked', {
  type: 'object',
  description: 'The question that the answer is to, where it was about the past.',
  properties: { version: versionNumber, asOf: instant, effectiveAsOf: instant },
})

const anyOf = (shapes: readonly JsonSchema[]): JsonSchema => (shapes.length === 1 && shapes[0] ? shapes[0] : { anyOf: shapes })

/** A version record of a kind, as reads and the feed answer it. */
export const recordShape = (kind: Kind): JsonSchema =>
  component(`${capitalized(kind.kind)}Version`, {
    type: 'object',
    description: `A version of a ${kind.kind}: what happened, and the whole ${kind.kind} after it.`,
    properties: {
      ...envelope,
      entityId: keptShape(entityIdSchema(kind.kind)),
      kind: { type: 'string', const: kind.kind },
      event: { type: 'string', enum: Object.keys(kind.events) },
      data: anyOf(Object.keys(kind.events).map((event) => eventShape(kind, event))),
      state: stateShape(kind),
      latest,
      asked,
    },
    required: Object.keys(envelope),
  })

/** A version record made by one event. */
export const eventRecordShape = (kind: Kind, event: string): JsonSchema =>
  component(`${event}Version`, {
    type: 'object',
    properties: {
      ...envelope,
      entityId: keptShape(entityIdSchema(kind.kind)),
      kind: { type: 'string', const: kind.kind },
      event: { type: 'string', const: event },
      data: eventShape(kind, event),
      state: stateShape(kind),
      schemaVersion: { type: 'integer', const: kind.schemaVersion },
    },
    required: Object.keys(envelope),
  })

/** A version record of any kind. */
export const anyRecordShape = (): JsonSchema =>
  component('Version', {
    description: 'A version record; what is in it depends on its kind.',
    anyOf: Object.values(kinds).map(recordShape),
  })

const NOT_IN_EVERY_RECEIPT = ['data', 'state', 'partition', 'position', 'recordedAt', 'effectiveAt']

/** A version in a receipt. */
export const receiptRecordShape = (): JsonSchema =>
  component('ReceiptVersion', {
    description:
      "A version record. Of another owner's entity (a transfer pays it, say) a token with `submit` alone sees neither data nor state; a dry run has no partition, position and recordedAt.",
    anyOf: [
      ...Object.values(kinds).map(recordShape),
      {
        type: 'object',
        properties: envelope,
        required: Object.keys(envelope).filter((name) => !NOT_IN_EVERY_RECEIPT.includes(name)),
      },
    ],
  })

/** An id in a path, of any kind or of one. */
export const idParameter = (kind?: Kind): Parameter => ({
  name: 'id',
  in: 'path',
  required: true,
  description: 'The whole id.',
  schema: askedShape(entityIdSchema(kind?.kind)),
  example: kind?.example ?? kind?.kind.concat(':alice:1') ?? Object.values(kinds)[0]?.example,
})

/** Another part of a path: an execution, say. */
export const localParameter = (name: string, example?: string): Parameter => ({
  name,
  in: 'path',
  required: true,
  schema: askedShape(localSchema),
  ...(example !== undefined && { example }),
})

export const etagHeader: Header = {
  description: 'The version, as a strong tag. For `If-Match` and `If-None-Match`.',
  schema: { type: 'string', pattern: '^"[1-9][0-9]*"$', examples: ['"3"'] },
}
