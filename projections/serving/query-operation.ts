// What the routes of named queries say of themselves.
import type { z } from 'zod'
import { component, titled, type JsonSchema } from '../../ledger/description/component.ts'
import { keptShape } from '../../ledger/description/json-schema.ts'
import { JSON_TYPE, queryParameters, READ_PROBLEMS, type Operation, type Parameter } from '../../ledger/description/operation.ts'
import { DEFAULT_PAGE } from '../../ledger/request.ts'
import type { Query } from '../queries/query.ts'

const TAG = 'queries'
const SCOPES = ['submit', 'submit:any', 'audit'] as const

/** What a query is given, each with its description. */
export const parametersOf = ({ parameters }: Query): readonly Parameter[] =>
  queryParameters(parameters, {
    ...Object.fromEntries(Object.entries(parameters.shape).map(([name, schema]) => [name, `${(schema as z.ZodType).description}.`])),
    limit: `How many rows at most; ${DEFAULT_PAGE} if it is left out.`,
  })

/** A query as it is listed. */
export const listedQuery = (query: Query): object => ({
  name: query.name,
  summary: query.summary,
  parameters: parametersOf(query).map(({ name, description = '', required = false }) => ({ name, description, required })),
})

const sink: Parameter = {
  name: 'sink',
  in: 'query',
  description: 'Which sink answers, `duckdb` or `snowflake`; the first one there is if it is left out.',
  schema: { type: 'string' },
}

export const rowShape = ({ name, summary, shown }: Query): JsonSchema =>
  component(`${titled(name)}Row`, { description: `${summary}.`, ...keptShape(shown) })

export const queryOperation = (query: Query): Operation => ({
  id: `query${titled(query.name)}`,
  tag: TAG,
  summary: query.summary,
  description: 'From the analytics, which follow the ledger within seconds. Whichever sink answers, the answer is the same.',
  parameters: [...parametersOf(query), sink],
  answers: {
    200: {
      description: 'The rows.',
      content: {
        [JSON_TYPE]: {
          schema: component(`${titled(query.name)}Answer`, {
            type: 'object',
            properties: {
              data: { type: 'array', items: rowShape(query) },
              hasMore: { type: 'boolean', description: 'Whether there is more after these rows.' },
              ...(query.total && { total: { description: 'Over all rows, where one owner is asked for.', ...keptShape(query.total) } }),
            },
            required: ['data', 'hasMore'],
          }),
        },
      },
    },
  },
  problems: [...READ_PROBLEMS, 'not_found', 'overloaded', 'took_too_long'],
  scopes: SCOPES,
})

const text: JsonSchema = { type: 'string' }

export const listQueriesOperation: Operation = {
  id: 'listQueries',
  tag: TAG,
  summary: 'Every named query, with its parameters; and the sinks that answer',
  parameters: [],
  answers: {
    200: {
      description: 'All of them.',
      content: {
        [JSON_TYPE]: {
          schema: {
            type: 'object',
            properties: {
              data: {
                type: 'array',
                items: component('NamedQuery', {
                  type: 'object',
                  properties: {
                    name: text,
                    summary: text,
                    parameters: {
                      type: 'array',
                      items: {
                        type: 'object',
                        properties: { name: text, description: text, required: { type: 'boolean' } },
                        required: ['name', 'description', 'required'],
                      },
                    },
                  },
                  required: ['name', 'summary', 'parameters'],
                }),
              },
              sinks: { type: 'array', items: text },
            },
            required: ['data', 'sinks'],
          },
        },
      },
    },
  },
  problems: READ_PROBLEMS,
  scopes: SCOPES,
}
