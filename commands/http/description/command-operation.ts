// What a command's route says of itself, made from the command's definition.
import { capitalized, component, type JsonSchema } from '../../../ledger/description/component.ts'
import { askedShape } from '../../../ledger/description/json-schema.ts'
import {
  ANY_PROBLEMS,
  JSON_TYPE,
  queryParameters,
  type Answer,
  type Header,
  type Operation,
  type Parameter,
} from '../../../ledger/description/operation.ts'
import { etagHeader, idParameter, localParameter, receiptRecordShape } from '../../../ledger/description/records.ts'
import { entityIdSchema, localSchema, ownerSchema } from '../../../ledger/entity-id.ts'
import { kindNamed } from '../../../ledger/entities/index.ts'
import { instantSchema } from '../../../ledger/instant.ts'
import type { Scope } from '../../../ledger/principal.ts'
import type { CommandDefinition } from '../../command.ts'
import { commandQuery } from '../headers.ts'
import { causationId, correlationId, idempotencyKey, ifMatch, traceparent, actor } from './parameters.ts'

interface ObjectShape extends JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

/** What every command, of a route and of a line, can be answered with instead of a receipt. */
export const SUBMIT_PROBLEMS: readonly string[] = [
  ...ANY_PROBLEMS,
  'unauthenticated',
  'forbidden',
  'payload_too_large',
  'unsupported_media_type',
  'idempotency_key_reused',
  'version_conflict',
  'rate_limited',
  'overloaded',
  'unavailable',
]
export const SUBMITTERS: readonly Scope[] = ['submit', 'submit:any']

export const receiptShape = (): JsonSchema =>
  component('Receipt', {
    type: 'object',
    description: 'What a command came to: every version it appended, first that of the entity named first; none where it changed nothing.',
    properties: {
      commandId: { type: 'string', description: 'The Idempotency-Key, or a UUIDv7 made for the command.' },
      dryRun: { type: 'boolean', const: true, description: 'Of a dry run only: nothing was appended.' },
      versions: { type: 'array', items: receiptRecordShape() },
    },
    required: ['commandId', 'versions'],
  })

/** A command's data in the bulk form. */
export const dataShape = ({ name, data }: CommandDefinition): JsonSchema =>
  component(`${name}Data`, { description: `The data of ${name}, in the bulk form.`, ...askedShape(data) })

const inPath = ({ route }: CommandDefinition): readonly string[] => [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name))

/** The members of a body that stand for the entity's id. */
function namingMembers({ kind, creates, entityIn }: CommandDefinition): ObjectShape {
  if (creates)
    return {
      properties: { owner: askedShape(ownerSchema), [creates.local]: askedShape(localSchema) },
      required: ['owner'],
    }
  return entityIn === undefined ? {} : { properties: { [entityIn]: askedShape(entityIdSchema(kind)) }, required: [entityIn] }
}

function bodyShape(definition: CommandDefinition): ObjectShape {
  const path = inPath(definition)
  const naming = namingMembers(definition)
  const { properties = {}, required = [], ...rest } = askedShape(definition.data) as ObjectShape
  return {
    ...rest,
    properties: {
      ...naming.properties,
      ...Object.fromEntries(Object.entries(properties).filter(([name]) => !path.includes(name))),
      effectiveAt: askedShape(instantSchema),
    },
    required: [...(naming.required ?? []), ...required.filter((name) => !path.includes(name))],
  }
}

/** A body that its route takes, from the command's example. */
function bodyExample(definition: CommandDefinition): object | undefined {
  const { example, creates, entityIn, kind } = definition
  if (example === undefined) return undefined
  const path = inPath(definition)
  return {
    ...(creates && { owner: 'alice' }),
    ...(entityIn !== undefined && { [entityIn]: kindNamed(kind)?.example }),
    ...Object.fromEntries(Object.entries(example).filter(([name]) => !path.includes(name))),
  }
}

function pathParameters(definition: CommandDefinition): readonly Parameter[] {
  const example = definition.example as Readonly<Record<string, string>> | undefined
  return inPath(definition).map((name) => (name === 'id' ? idParameter(kindNamed(definition.kind)) : localParameter(name, example?.[name])))
}

const replayed: Header = {
  description: 'The key was used before for this command, and this is the answer from then.',
  schema: { type: 'string', const: 'true' },
}
const location: Header = { description: 'Where the new entity is.', schema: { type: 'string', examples: ['/v1/trades/trade:alice:T-1'] } }

const receiptAnswer = (description: string, headers: Answer['headers']): Answer => ({
  description,
  content: { [JSON_TYPE]: { schema: receiptShape() } },
  ...(headers && { headers }),
})

function answers({ creates }: CommandDefinition): Operation['answers'] {
  const repeated = { 'Idempotency-Replayed': replayed }
  if (!creates) return { 200: receiptAnswer('Done, or nothing to do, or a dry run.', { ETag: etagHeader, ...repeated }) }
  return {
    200: receiptAnswer('A dry run: it would have been created.', undefined),
    201: receiptAnswer('Created.', { ETag: etagHeader, Location: location, ...repeated }),
  }
}

function problems({ creates, alsoNames, rejections = [] }: CommandDefinition): readonly string[] {
  return [
    ...SUBMIT_PROBLEMS,
    ...(creates ? ['already_exists'] : ['precondition_failed', 'not_found']),
    ...(creates && alsoNames ? ['not_found'] : []),
    ...rejections,
  ]
}

export function commandOperation(definition: CommandDefinition): Operation {
  const { name, kind, creates, summary, reachesOthers } = definition
  const shape = bodyShape(definition)
  const example = bodyExample(definition)
  return {
    id: name.charAt(0).toLowerCase() + name.slice(1),
    tag: kindNamed(kind)?.plural ?? kind,
    summary: summary ?? capitalized(name.replaceAll(/(?!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)),
    description: `The command \`${name}\`.${reachesOthers ? ' What changes something of another owner takes the scope `submit:any`.' : ''}`,
    parameters: [
      ...pathParameters(definition),
      ...queryParameters(commandQuery, { dryRun: 'true: decide and answer, and append nothing.' }),
      idempotencyKey,
      ...(creates ? [] : [ifMatch]),
      correlationId,
      causationId,
      actor,
      traceparent,
    ],
    body: {
      required: (shape.required ?? []).length > 0,
      content: { [JSON_TYPE]: { schema: component(`${name}Body`, shape), ...(example && { example }) } },
    },
    answers: answers(definition),
    problems: problems(definition),
    scopes: SUBMITTERS,
  }
}
