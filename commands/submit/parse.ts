// Reads a command in the bulk form: `{command, entityId, data, commandId?, expectedVersion?, effectiveAt?}`. Every route's body is brought into this form first, so that the same command is
// the same whichever way it came, and has the same hash.
import { hash, randomBytes } from 'node:crypto'
import canonicalize from 'canonicalize'
import { z } from 'zod'
import { entityId as makeEntityId, isEntityId, ownerOf, ownerSchema, type EntityId } from '../../ledger/entity-id.ts'
import type { FieldError } from '../../ledger/failure.ts'
import { instantSchema, type Instant } from '../../ledger/instant.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { refusal, type Principal } from '../../ledger/principal.ts'
import { fieldErrors, pointerOf } from '../../ledger/request.ts'
import type { CommandDefinition } from '../command.ts'
import { problem, type Problem } from '../problem.ts'
import { commandNamed } from '../registry.ts'
import type { RequestTrace } from './request-trace.ts'

/** Who asks, and in what connection: the same for every line of a request. */
export interface Envelope {
  readonly actor: string
  /** What they may do and see. Undefined: a caller within this process, who may do all. */
  readonly principal?: Principal
  readonly correlationId?: string | undefined
  readonly causationId?: string | undefined
  readonly dryRun?: boolean
  readonly trace?: RequestTrace | undefined
}

export interface Submission {
  readonly definition: CommandDefinition
  /** Of the entity named first. */
  readonly entityId: EntityId
  /** The key, or a UUIDv7. */
  readonly commandId: string
  /** Whether the caller gave the key: only then can it have been used before. */
  readonly keyed: boolean
  /** The owner whose key it is: of the entity named first. */
  readonly scope: string
  /** SHA-256 in hex of name, entity and body as they were given. */
  readonly hash: string
  readonly data: object
  /** From a pointer into the data to the member's place in what was sent. */
  readonly pointer: (inData: string) => string
  readonly effectiveAt: Instant | undefined
  readonly expectedVersion: number | undefined
  readonly envelope: Envelope
  /** About the size of the request. */
  readonly bytes: number
  /** Of its unit of work. */
  readonly mark?: object
}

const KEY = /^[\x21-\x7e]{1,255}$/
export const keySchema = z.string().regex(KEY, { error: 'must be 1 to 255 visible ASCII characters' })

const lineSchema = z.strictObject({
  command: z.string(),
  entityId: z.string(),
  data: z.looseObject({}),
  commandId: keySchema.optional(),
  expectedVersion: z.int().nonnegative().optional(),
  effectiveAt: z.string().optional(),
})

/** A command's parts before they are checked, and how they are called where they came from. */
export interface RawCommand {
  readonly definition: CommandDefinition
  /** On a create, `kind:owner` stands for an id whose local part is to be made. */
  readonly entityId: string
  /** What is wrong with the parts that the id was made of; where nothing is, with the id itself: its pointer. */
  readonly idErrors: readonly FieldError[]
  readonly idPointer: string
  readonly data: JsonObject
  /** From a pointer into the data to the member's place in what was sent. */
  readonly pointer: (inData: string) => string
  readonly effectiveAt?: unknown
  readonly commandId?: string | undefined
  readonly expectedVersion?: number | undefined
  readonly bytes: number
}

const MAX_SHOWN_ERRORS = 20
const REPORTED = { reportInput: true }

export const invalid = (errors: readonly FieldError[]): Problem =>
  problem('invalid_request', errors[0] ? `${errors[0].pointer || 'the body'}: ${errors[0].detail}` : 'the request is not valid', {
    errors: errors.slice(0, MAX_SHOWN_ERRORS),
  })

/** A line of the bulk form. */
export function parseLine(value: unknown, envelope: Envelope, bytes: number): Submission | Problem {
  const line = lineSchema.safeParse(value, REPORTED)
  if (!line.success) return invalid(fieldErrors(line.error.issues, pointerOf))
  const definition = commandNamed(line.data.command)
  if (!definition) return invalid([{ pointer: '/command', detail: 'is not a command' }])
  const { entityId, data, commandId, expectedVersion, effectiveAt } = line.data
  return parseCommand(
    {
      definition,
      entityId,
      idErrors: [],
      idPointer: '/entityId',
      data: data as JsonObject,
      pointer: (inData) => (standsInId(definition, inData) ? '/entityId' : `/data${inData}`),
      effectiveAt,
      commandId,
      expectedVersion,
      bytes,
    },
    envelope,
  )
}

/** Whether a route's body has this member for what the bulk form says in `entityId`. */
const standsInId = ({ creates, entityIn }: CommandDefinition, pointer: string): boolean =>
  pointer === `/${creates?.local}` || pointer === `/${entityIn}`

export const isProblem = (value: Submission | Problem): value is Problem => 'code' in value

export function parseCommand(raw: RawCommand, envelope: Envelope): Submission | Problem {
  const { definition, commandId, expectedVersion, pointer, bytes } = raw
  const id = raw.idErrors.length > 0 ? undefined : entityIdOf(raw.entityId, definition)
  const effectiveAt = raw.effectiveAt === undefined ? NO_TIME : instantSchema.safeParse(raw.effectiveAt, REPORTED)
  const data = definition.data.safeParse(raw.data, REPORTED)
  if (id === undefined || !data.success || !effectiveAt.success) {
    const errors = [...raw.idErrors]
    if (id === undefined && errors.length === 0)
      errors.push({ pointer: raw.idPointer, detail: `must be an id of a ${definition.kind}, ${definition.kind}:owner:local` })
    if (!data.success) errors.push(...fieldErrors(data.error.issues, (path) => pointer(pointerOf(path))))
    if (!effectiveAt.success) errors.push(...fieldErrors(effectiveAt.error.issues, () => '/effectiveAt'))
    return invalid(errors)
  }
  const forbidden = envelope.principal && refusedTo(envelope.principal, definition, { entityId: id, data: data.data })
  if (forbidden !== undefined) return problem('forbidden', forbidden)
  return {
    definition,
    entityId: id,
    commandId: commandId ?? uuidV7(),
    keyed: commandId !== undefined,
    scope: ownerOf(id),
    hash: commandHash(raw),
    data: data.data,
    pointer,
    effectiveAt: effectiveAt.data,
    expectedVersion,
    envelope,
    bytes,
  }
}

const refusedTo = (
  principal: Principal,
  { reachesOthers }: CommandDefinition,
  asked: { readonly entityId: EntityId; readonly data: object },
): string | undefined =>
  refusal(principal, { to: 'submit', owner: ownerOf(asked.entityId), reachesOthers: reachesOthers?.(asked) ?? false })

const NO_TIME = { success: true, data: undefined } as const

function entityIdOf(text: string, { kind, creates }: CommandDefinition): EntityId | undefined {
  if (isEntityId(text)) return text.startsWith(`${kind}:`) ? text : undefined
  const [named, owner, ...rest] = text.split(':')
  return creates && named === kind && rest.length === 0 && ownerSchema.safeParse(owner).success
    ? makeEntityId(kind, owner ?? '', uuidV7())
    : undefined
}

/** Of what was asked, as JSON values as they were given: member order and white space do not count (RFC 8785). */
function commandHash({ definition, entityId, data, effectiveAt }: RawCommand): string {
  return hash('sha256', canonicalize({ command: definition.name, entityId, data, effectiveAt }) ?? '')
}

/** RFC 9562: 48 bits of milliseconds, then random: ids and keys that were not given sort by time. */
export function uuidV7(): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
