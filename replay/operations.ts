// What the reading routes say of themselves.
import type { z } from 'zod'
import { capitalized, component, type JsonSchema } from '../ledger/description/component.ts'
import { keptShape } from '../ledger/description/json-schema.ts'
import { JSON_TYPE, queryParameters, READ_PROBLEMS, type Operation, type Parameter } from '../ledger/description/operation.ts'
import { anyRecordShape, asked, etagHeader, idParameter, recordShape, versionNumber } from '../ledger/description/records.ts'
import { entityIdSchema } from '../ledger/entity-id.ts'
import type { Kind } from '../ledger/kind.ts'
import type { Scope } from '../ledger/principal.ts'
import { DEFAULT_PAGE } from '../ledger/request.ts'

const READERS: readonly Scope[] = ['submit', 'submit:any', 'audit']
const TAG = 'entities'
const FOUND_PROBLEMS = [...READ_PROBLEMS, 'not_found']

const descriptions: Readonly<Record<string, string>> = {
  version: 'That version; asked alone, without a time.',
  asOf: 'As it was known by then. Not in the future.',
  effectiveAsOf: 'As it held then, known by `asOf`, or by now.',
  limit: `How many at most; ${DEFAULT_PAGE} if it is left out.`,
  after: 'Versions after this one; 0 if it is left out.',
  cursor: '`next` of the page before, of the same question.',
  owner: 'Only of this owner.',
  from: 'The one side: a version, or a recorded time.',
  to: 'The other side.',
}

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`

const conditional: Parameter = {
  name: 'If-None-Match',
  in: 'header',
  description: 'A tag that is known already, of the latest version.',
  schema: { type: 'string', examples: ['"3"'] },
}

export const entityOperation = (query: z.ZodType, kind?: Kind): Operation => ({
  id: `get${kind ? capitalized(kind.kind) : 'Entity'}`,
  tag: kind?.plural ?? TAG,
  summary: `${kind ? capitalized(article(kind.kind)) : 'An entity of any kind'}, as it is or as it was`,
  description:
    'The latest version record; or the one of a version, as known by a time (`asOf`), as holding at a time (`effectiveAsOf`), or both. About the past, the question is echoed in `asked`, and `latest` is left out.',
  parameters: [idParameter(kind), ...queryParameters(query, descriptions), conditional],
  answers: {
    200: {
      description: 'The version record.',
      content: { [JSON_TYPE]: { schema: kind ? recordShape(kind) : anyRecordShape() } },
      headers: { ETag: { ...etagHeader, description: 'The version, as a strong tag; of the latest only.' } },
    },
    304: { description: 'It is the version that `If-None-Match` names.', headers: { ETag: etagHeader } },
  },
  problems: FOUND_PROBLEMS,
  scopes: READERS,
})

const page = (name: string, members: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema =>
  component(name, { type: 'object', properties: members, required })

const hasMore: JsonSchema = { type: 'boolean', description: 'Whether there is more after this page.' }

export const historyOperation = (query: z.ZodType): Operation => ({
  id: 'getHistory',
  tag: TAG,
  summary: 'The versions of an entity, oldest first',
  parameters: [idParameter(), ...queryParameters(query, descriptions)],
  answers: {
    200: {
      description: 'A page of versions.',
      content: {
        [JSON_TYPE]: {
          schema: page(
            'HistoryPage',
            {
              versions: { type: 'array', items: anyRecordShape() },
              hasMore,
              next: { type: 'integer', minimum: 0, description: 'The last version shown, or `after` on an empty page.' },
            },
            ['versions', 'hasMore', 'next'],
          ),
        },
      },
    },
  },
  problems: FOUND_PROBLEMS,
  scopes: READERS,
})

const point = component('AskedPoint', {
  description: 'A version, or a recorded time in canonical form.',
  anyOf: [versionNumber, { type: 'string', format: 'date-time' }],
})

const change = component('Change', {
  type: 'object',
  description: '`before` or `after` is absent where there was nothing.',
  properties: {
    path: { type: 'string', description: 'A JSON pointer (RFC 6901) into the state.', examples: ['/executedQuantity'] },
    before: {},
    after: {},
  },
  required: ['path'],
})

export const diffOperation = (query: z.ZodType): Operation => ({
  id: 'getDiff',
  tag: TAG,
  summary: 'What is different between two versions, or two recorded times, in any order or mix',
  parameters: [idParameter(), ...queryParameters(query, descriptions).map((parameter, n) => ({ ...parameter, example: n + 1 }))],
  answers: {
    200: {
      description: 'The changes that turn the one state into the other, sorted by path.',
      content: {
        [JSON_TYPE]: {
          schema: page(
            'Comparison',
            {
              entityId: keptShape(entityIdSchema()),
              from: point,
              to: point,
              fromVersion: versionNumber,
              toVersion: versionNumber,
              changes: { type: 'array', items: change },
            },
            ['entityId', 'from', 'to', 'fromVersion', 'toVersion', 'changes'],
          ),
        },
      },
    },
  },
  problems: FOUND_PROBLEMS,
  scopes: READERS,
})

export const listOperation = (query: z.ZodType, kind: Kind): Operation => ({
  id: `list${capitalized(kind.plural)}`,
  tag: kind.plural,
  summary: `Latest records of ${kind.plural}, by id, descending`,
  description:
    'Ids that were left out when they were created are UUIDv7, so the newest come first. With `owner`, also as of a time: filters then apply to the state as it was.',
  parameters: queryParameters(query, {
    ...Object.fromEntries((kind.filters as readonly string[]).map((name) => [name, `Only with this ${name}.`])),
    ...descriptions,
    asOf: 'As they were known by then; with `owner` only.',
    effectiveAsOf: 'As they held then; with `owner` only.',
  }),
  answers: {
    200: {
      description: 'A page of records.',
      content: {
        [JSON_TYPE]: {
          schema: page(
            `${capitalized(kind.kind)}List`,
            {
              data: { type: 'array', items: recordShape(kind) },
              hasMore,
              next: { type: ['string', 'null'], description: 'The cursor of the next page, where there is one.' },
              asked,
            },
            ['data', 'hasMore', 'next'],
          ),
        },
      },
    },
  },
  problems: READ_PROBLEMS,
  scopes: READERS,
})
